//! New versions and frozen charts, written without losing a comment; what changed since a commit.

use chartwright::chart::LoadOptions;
use chartwright::dependency::repositories::Repositories;
use chartwright::freeze::{self, DEVELOPMENT};
use chartwright::source::Sources;
use chartwright::tree::Tree;
use chartwright::tree::compare::Kind;
use chartwright::tree::git::Git;
use chartwright::tree::release::{Plan, Release, plan};
use chartwright::tree::since::{changed, since};
use chartwright::version::Bump;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A tree of charts.
struct Stage(TempDir);

const APP: &str = "# our app\napiVersion: v2\nname: app\nversion: 0.0.0-develop # goes up\nappVersion: 'develop'\n\
                   dependencies:\n  - name: common # base\n    version: \"0.0.0-develop\"\n    repository: file://../common\n";
const VALUES: &str = "image:\n  repository: openg2p/app\n  tag: develop # follows\njob: {gitBranch: master}\n";

impl Stage {
    fn new() -> Stage {
        let stage = Stage(TempDir::new().expect("makes a folder"));
        stage.file("chartwright.toml", "");
        stage.file("app/Chart.yaml", APP);
        stage.file("app/values.yaml", VALUES);
        stage.file("common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 0.0.0-develop\n");
        stage.file("common/values.yaml", "a: 1\n");
        stage.file("alone/Chart.yaml", "apiVersion: v2\nname: alone\nversion: 1.2.3\n");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes a file");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("reads a file")
    }

    fn find(&self, name: &str) -> (Tree, usize) {
        let tree = Tree::find(self.0.path(), &LoadOptions::default()).expect("a tree");
        let at = tree.at(&self.path(name)).expect("a chart");
        (tree, at)
    }

    fn freeze(&self, name: &str, version: &str) -> (Plan, Vec<String>) {
        let (tree, at) = self.find(name);
        let repositories = Repositories::default();
        let release = Release { version, changelog: None, repositories: &repositories, generated: "" };
        let mut sources = Sources::new();
        let load = LoadOptions::default();
        let frozen = freeze::freeze(&tree, (at, name), &release, (&load, &mut sources)).expect("freezes");
        let told = frozen.obstacles.iter().map(|one| {
            let (source, place) = one.primary.and_then(|span| sources.locate(span)).expect("a place");
            format!("{}:{}:{}", source.name(), place.line, place.column)
        });
        (frozen.plan, told.collect())
    }
}

#[test]
fn versions_reach_those_who_depend() {
    let stage = Stage::new();
    stage.file("app/Chart.yaml", &APP.replace("\"0.0.0-develop\"", "^1.0.0").replace("0.0.0-develop", "0.1.0"));
    stage.file("common/Chart.yaml", "name: common\napiVersion: v2\nversion: 1.2.3 # c\n");
    let (tree, at) = stage.find("common");
    let repositories = Repositories::default();
    let changes = [(Kind::Added, "a value: `x`".to_owned())];
    let release = Release { version: "2.0.0", changelog: Some(&changes), repositories: &repositories, generated: "" };
    plan(&tree, at, &release).expect("plans").apply().expect("writes");
    assert_eq!(
        stage.text("common/Chart.yaml"),
        "name: common\napiVersion: v2\nversion: 2.0.0 # c\nannotations:\n  artifacthub.io/changes: |\n    - kind: added\n      description: \"a value: `x`\"\n"
    );
    assert!(stage.text("app/Chart.yaml").contains("    version: ^2.0.0\n"), "{}", stage.text("app/Chart.yaml"));
    assert!(stage.text("app/Chart.yaml").starts_with("# our app\n"));
}

#[test]
fn freezing_writes_what_it_can_and_places_the_rest() {
    let stage = Stage::new();
    let (plan, told) = stage.freeze("app", "1.2.0");
    assert_eq!(told, ["app/Chart.yaml:8:14", "app/values.yaml:4:18"]);
    plan.apply().expect("writes");
    assert!(stage.text("app/Chart.yaml").contains("version: 1.2.0 # goes up\nappVersion: '1.2.0'\n"));
    assert_eq!(stage.text("app/values.yaml"), VALUES.replace("develop", "1.2.0"));
    stage.freeze("common", "1.0.0").0.apply().expect("writes");
    assert!(stage.text("app/Chart.yaml").contains("    version: \"1.0.0\"\n"));
    stage.file("app/values.yaml", "image: {repository: a, tag: 1.2.0}\n");
    assert_eq!(stage.freeze("app", "").1, Vec::<String>::new());
    let (_, told) = stage.freeze("alone", "");
    assert!(told.is_empty());
    assert!(freeze::check_release_version("1.2.3-rc.1").is_err() && freeze::check_release_version("v1.2.3").is_err());
}

#[test]
fn unfreezing_goes_back() {
    let stage = Stage::new();
    stage.freeze("common", "1.0.0").0.apply().expect("writes");
    stage.freeze("app", "1.2.0").0.apply().expect("writes");
    for name in ["common", "app"] {
        let (tree, at) = stage.find(name);
        let repositories = Repositories::default();
        let release = Release { version: DEVELOPMENT, changelog: None, repositories: &repositories, generated: "" };
        freeze::unfreeze(&tree, at, &release).expect("plans").apply().expect("writes");
    }
    assert_eq!((stage.text("app/Chart.yaml"), stage.text("app/values.yaml")), (APP.to_owned(), VALUES.to_owned()));
}

/// Runs git in the tree; `None` where there is no git.
fn git(stage: &Stage, words: &[&str]) -> Option<()> {
    let mut command = Command::new("git");
    command.current_dir(stage.0.path()).args(["-c", "user.email=a@b.test", "-c", "user.name=a"]).args(words);
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().ok()?;
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

#[test]
fn changes_since_a_commit_ask_for_versions() {
    let stage = Stage::new();
    if git(&stage, &["init", "-q"]).is_none() {
        println!("no git here: changes since a commit are not tested");
        return;
    }
    git(&stage, &["add", "-A"]);
    git(&stage, &["commit", "-q", "-m", "one"]);
    let repository = Git::open(stage.0.path()).expect("a repository");
    let commit = repository.commit("HEAD").expect("a commit");
    let load = LoadOptions::default();
    let nothing = since(&repository, &commit, &stage.path("common"), &load).expect("compares");
    assert_eq!(nothing.bump(), None);
    for (file, text, bump) in [
        ("common/README.md", "x\n", Bump::Patch),
        ("common/values.yaml", "a: 1\nb: 2\n", Bump::Minor),
        ("common/values.yaml", "c: 1\n", Bump::Major),
    ] {
        stage.file(file, text);
        let found = since(&repository, &commit, &stage.path("common"), &load).expect("compares");
        assert_eq!(found.bump(), Some(bump), "{file} {:?}", found.reasons);
        assert_eq!(found.version.as_deref(), Some(DEVELOPMENT));
    }
    let (tree, _) = stage.find("app");
    let direct: Vec<usize> = changed(&tree, &repository, &commit).expect("asks").iter().map(|(at, _)| *at).collect();
    assert_eq!(direct.iter().map(|at| tree.shown(*at)).collect::<Vec<_>>(), ["common"]);
    let indirect = tree.dependants(&direct);
    assert_eq!(indirect.iter().map(|at| tree.shown(*at)).collect::<Vec<_>>(), ["app"]);
    for wrong in ["nope", "--help", ""] {
        assert!(repository.commit(wrong).is_err(), "{wrong}");
    }
}

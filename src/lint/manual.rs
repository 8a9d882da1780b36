//! The manual of the rules, as text.

use super::parity::PARITY;
use super::rule::Rule;
use super::rules;

/// The page of one rule, in Markdown.
pub fn page(rule: &Rule) -> String {
    let (group, level) = (rule.group.name(), rule.group.level().name());
    let mut page = format!("## {}\n\nGroup {group}, level {level} unless settings say otherwise.\n\n", rule.name);
    for (title, text) in [("What it finds", rule.doc.what), ("Why it matters", rule.doc.why)] {
        page.push_str(&format!("**{title}.** {text}\n\n"));
    }
    for (title, text) in [("Found", rule.doc.bad), ("Instead", rule.doc.good)] {
        let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
        page.push_str(&format!("{title}:\n\n{indented}\n"));
    }
    page
}

/// All pages, as `docs/rules.md` holds them.
pub fn manual() -> String {
    let mut text = String::from(
        "# Rules\n\n\
         What `chartwright lint` finds in charts, and `chartwright bundle build` and `bundle check` in bundles. Levels of rules and groups are set in `chartwright.toml`; a finding is allowed by \
         a comment `# chartwright: allow RULE, reason`\non its line or alone on the line above, in a template also by \
         `{{/* chartwright: allow RULE, reason */}}`. This file is printed from\nthe rules themselves \
         (`CHARTWRIGHT_UPDATE_RULES=1 cargo test --test suite lint`).\n\n",
    );
    text.push_str("| rule | group | level | finds |\n|---|---|---|---|\n");
    for rule in rules() {
        let (group, level) = (rule.group.name(), rule.group.level().name());
        text.push_str(&format!("| [{0}](#{0}) | {group} | {level} | {1} |\n", rule.name, rule.doc.what));
    }
    text.push_str("\n## Beside other linters\n\n");
    text.push_str(
        "Each check of `helm lint`, of `ct lint` as it is set, of `ah lint` and of kube-linter's default set, and what \
         finds the same here.\nRules of the group pedantic are off unless settings say otherwise.\n\n\
         | linter | check | here |\n|---|---|---|\n",
    );
    for row in PARITY {
        let rules: Vec<String> = row.rules.iter().map(|rule| format!("[{rule}](#{rule})")).collect();
        let here = if rules.is_empty() { format!("none: {}", row.reason) } else { rules.join(", ") };
        text.push_str(&format!("| {} | {} | {here} |\n", row.tool, row.check));
    }
    text.push('\n');
    rules().for_each(|rule| text.push_str(&page(rule)));
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

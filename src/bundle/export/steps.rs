//! Steps beside releases in the plain script: it stops where people have to do something, and goes on once it is done.

use crate::bundle::{Step, Work};
use std::fmt::Write;

/// What steps beside releases need of the script.
pub(super) const FUNCTIONS: &str = r#"
# Commands below name clusters; the context of each may be called otherwise.
KUBECTL=${KUBECTL:-kubectl}
kubectl() {
  if [ "${1:-}" = --context ]; then
    command "$KUBECTL" --context "$(context "$2")" "${@:3}"
  else
    command "$KUBECTL" "$@"
  fi
}

# Whether a step is done. CONFIRMED lists the ids of steps that people vouch for.
is_done() {
  local id=$1 verify=$2
  case " ${CONFIRMED:-} " in *" $id "*) return 0 ;; esac
  [ -n "$verify" ] && (set +e; eval "$verify") >/dev/null 2>&1
}

# The text of a step comes on standard input.
step() {
  local kind=$1 id=$2 title=$3 verify=$4 text
  text=$(cat)
  if [ -z "${DRY_RUN:-}" ] && is_done "$id" "$verify"; then
    printf 'done       %s\n' "$id"
    return
  fi
  printf '%-10s %s: %s\n' "$kind" "$id" "$title"
  [ -z "$text" ] || printf '%s\n' "$text"
  [ -z "${DRY_RUN:-}" ] || return 0
  if [ "$kind" = check ]; then
    fail "$id failed: $verify"
  elif [ -n "$verify" ]; then
    printf 'Then run this again; it goes on once this succeeds: %s\n' "$verify"
    exit 75
  fi
}
"#;

/// A text as one word of the shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+@%,=".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The call of a step.
pub(super) fn call(step: &Step) -> String {
    let verify = step.work.verify().unwrap_or_default();
    let (id, title) = (quoted(&step.id), quoted(&step.title));
    let mut text = format!("step {} {id} {title} {} <<'END'\n", step.work.kind(), quoted(verify));
    // Each line is indented, so that none of them ends the text.
    match &step.work {
        Work::Hosts { machines, .. } => {
            let _ = writeln!(
                text,
                "  On each of these machines run install.sh of its folder, as `chartwright env hosts` wrote it:"
            );
            machines.iter().for_each(|machine| text.push_str(&format!("    {}\n", line(machine))));
        }
        Work::Manual { instruction, values, .. } => {
            instruction.lines().for_each(|one| text.push_str(&format!("  {}\n", line(one))));
            for (name, value) in values {
                let _ = writeln!(text, "    {}: {}", line(name), line(value));
            }
        }
        Work::Check { .. } => {}
    }
    text.push_str("END\n");
    text
}

/// A text without what would end a line or steer a terminal.
fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

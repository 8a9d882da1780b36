//! Sprig's functions on paths with slashes; the `os` ones are the same, because charts are rendered as on Linux.
//!
//! The reference is Go's package `path`.

use super::strings::assemble;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::{Text, Value};

/// The functions of this chapter.
pub const FUNCS: &[Func] = &[
    Func::new("base", &[Param::Str], base),
    Func::new("dir", &[Param::Str], dir),
    Func::new("clean", &[Param::Str], clean),
    Func::new("ext", &[Param::Str], ext),
    Func::new("isAbs", &[Param::Str], is_abs),
    Func::new("osBase", &[Param::Str], base),
    Func::new("osDir", &[Param::Str], dir),
    Func::new("osClean", &[Param::Str], clean),
    Func::new("osExt", &[Param::Str], ext),
    Func::new("osIsAbs", &[Param::Str], is_abs),
];

/// The last element; `.` for the empty path, `/` for one of slashes alone.
fn base(args: Args<'_>) -> Outcome {
    let path = args.text(0)?;
    if path.is_empty() {
        return Ok(Value::str("."));
    }
    let Some(last) = path.iter().rposition(|byte| *byte != b'/') else { return Ok(Value::str("/")) };
    let named = &path[..=last];
    Ok(Value::str(&named[memchr::memrchr(b'/', named).map_or(0, |at| at + 1)..]))
}

/// All but the last element, cleaned.
fn dir(args: Args<'_>) -> Outcome {
    let path = args.text(0)?;
    cleaned(&path[..memchr::memrchr(b'/', path).map_or(0, |at| at + 1)])
}

fn clean(args: Args<'_>) -> Outcome {
    let path: &Text = args.text(0)?;
    cleaned(path)
}

/// What stands from the last dot of the last element on.
fn ext(args: Args<'_>) -> Outcome {
    let path = args.text(0)?;
    let found = memchr::memrchr2(b'.', b'/', path).filter(|at| path[*at] == b'.');
    Ok(Value::str(found.map_or(&b""[..], |at| &path[at..])))
}

fn is_abs(args: Args<'_>) -> Outcome {
    Ok(Value::Bool(args.text(0)?.starts_with(b"/")))
}

/// The shortest path that names the same place, by text alone.
fn cleaned(path: &[u8]) -> Outcome {
    let rooted = path.starts_with(b"/");
    assemble(|out| {
        if rooted {
            out.push(b'/');
        }
        // What lies before this was written by `..` elements, which nothing takes back.
        let mut fixed = out.len();
        for element in path.split(|byte| *byte == b'/').filter(|element| !matches!(*element, b"" | b".")) {
            if element == b".." {
                if out.len() > fixed {
                    let cut = memchr::memrchr(b'/', &out[fixed..]).map_or(fixed, |at| fixed + at);
                    out.truncate(cut);
                    continue;
                }
                if rooted {
                    continue;
                }
            }
            if out.len() > usize::from(rooted) {
                out.push(b'/');
            }
            out.extend_from_slice(element);
            if element == b".." {
                fixed = out.len();
            }
        }
        if out.is_empty() {
            out.push(b'.');
        }
        Ok(())
    })
}

//! Functions that draw from the world's random bytes; every character of an alphabet is equally likely.

use super::output::{assemble, check_size, push_rune};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::Value;
use crate::value::print::decode_rune;
use crate::world::World;
use base64::Engine;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

pub(super) fn rand_alpha(world: &dyn World, args: Args<'_>) -> Outcome {
    drawn(world, LETTERS, args.int(0)?)
}

pub(super) fn rand_alpha_num(world: &dyn World, args: Args<'_>) -> Outcome {
    drawn(world, LETTERS_AND_DIGITS, args.int(0)?)
}

pub(super) fn rand_numeric(world: &dyn World, args: Args<'_>) -> Outcome {
    drawn(world, DIGITS, args.int(0)?)
}

/// Draws printable ASCII, the space included.
pub(super) fn rand_ascii(world: &dyn World, args: Args<'_>) -> Outcome {
    let printable: Vec<u8> = (b' '..=b'~').collect();
    drawn(world, &printable, args.int(0)?)
}

/// Draws bytes and writes them in base64.
pub(super) fn rand_bytes(world: &dyn World, args: Args<'_>) -> Outcome {
    let Ok(count) = usize::try_from(args.int(0)?) else {
        return Err(Fault::new("runtime error: makeslice: len out of range"));
    };
    check_size(count.checked_mul(2))?;
    let mut bytes = vec![0; count];
    world.random(&mut bytes);
    Ok(Value::from(base64::engine::general_purpose::STANDARD.encode(bytes)))
}

/// Puts the characters of a text into random order.
pub(super) fn shuffle(world: &dyn World, args: Args<'_>) -> Outcome {
    let mut rest: &[u8] = args.text(0)?;
    let mut runes = Vec::new();
    while !rest.is_empty() {
        let (rune, length) = decode_rune(rest);
        runes.push(rune);
        rest = &rest[length..];
    }
    for last in (1..runes.len()).rev() {
        runes.swap(last, below(world, last + 1));
    }
    assemble(|out| {
        runes.into_iter().for_each(|rune| push_rune(out, rune));
        Ok(())
    })
}

/// A text of `count` characters of an alphabet; empty for a negative count.
fn drawn(world: &dyn World, alphabet: &[u8], count: i64) -> Outcome {
    let count = usize::try_from(count).unwrap_or(0);
    check_size(Some(count))?;
    // Bytes from here on would favour the first characters of the alphabet.
    let limit = 256 - 256 % alphabet.len();
    assemble(|out| {
        let mut batch = [0; 64];
        while out.len() < count {
            world.random(&mut batch);
            let fit = batch.iter().map(|byte| usize::from(*byte)).filter(|number| *number < limit);
            out.extend(fit.map(|number| alphabet[number % alphabet.len()]).take(count - out.len()));
        }
        Ok(())
    })
}

/// A random number below `bound`, which is not 0.
fn below(world: &dyn World, bound: usize) -> usize {
    let bound = bound as u64;
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let mut bytes = [0; 8];
        world.random(&mut bytes);
        let number = u64::from_le_bytes(bytes);
        if number < limit {
            return (number % bound) as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::FixedWorld;

    #[test]
    fn every_character_of_an_alphabet_comes_up_equally_often() {
        let world = FixedWorld::new(0, 1);
        let count = 62 * 2000;
        let drawn = rand_alpha_num(&world, Args(&[Value::Int(count)])).expect("a text");
        let text = drawn.as_str().expect("a text");
        for byte in LETTERS_AND_DIGITS {
            let times = text.iter().filter(|have| *have == byte).count();
            assert!((1800..2200).contains(&times), "{}: {times}", char::from(*byte));
        }
    }

    #[test]
    fn lengths() {
        let world = FixedWorld::new(0, 1);
        let length = |outcome: Outcome| outcome.expect("a text").as_str().map(|text| text.len());
        assert_eq!(length(rand_ascii(&world, Args(&[Value::Int(100)]))), Some(100));
        assert_eq!(length(rand_alpha(&world, Args(&[Value::Int(-5)]))), Some(0));
        assert_eq!(length(rand_bytes(&world, Args(&[Value::Int(9)]))), Some(12));
        assert_eq!(length(shuffle(&world, Args(&[Value::str("äbc\u{ff}")]))), Some(6));
        assert!(rand_bytes(&world, Args(&[Value::Int(-1)])).is_err());
        assert!(rand_numeric(&world, Args(&[Value::Int(i64::MAX)])).is_err());
    }
}

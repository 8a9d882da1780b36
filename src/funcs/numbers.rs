//! Sprig's arithmetic: integers that wrap, exact decimals, rounding and sequences.
//!
//! Arguments of any type become numbers by the rules of `cast`; what cannot become one is 0.

pub(crate) mod cast;
mod decimal;
pub(crate) mod parse;

use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::print::to_text;
use crate::value::{List, ListKind, Value};
use crate::world::World;
use cast::{to_float64, to_int, to_int64};
use decimal::Decimal;
use std::io::Write;

/// How many elements `until`, `untilStep` and `seq` make at most.
pub const MAX_SEQUENCE: usize = 1_000_000;

/// The arithmetic functions.
pub const FUNCS: &[Func] = &[
    Func::new("add", &[Param::Any], add).variadic(),
    Func::new("add1", &[Param::Any], add1),
    Func::new("add1f", &[Param::Any], add1f),
    Func::new("addf", &[Param::Any], addf).variadic(),
    Func::new("atoi", &[Param::Str], atoi),
    Func::new("biggest", MANY, max).variadic(),
    Func::new("ceil", &[Param::Any], ceil),
    Func::new("div", MANY, div),
    Func::new("divf", MANY, divf).variadic(),
    Func::new("float64", &[Param::Any], float64),
    Func::new("floor", &[Param::Any], floor),
    Func::new("int", &[Param::Any], int),
    Func::new("int64", &[Param::Any], int64),
    Func::new("max", MANY, max).variadic(),
    Func::new("maxf", MANY, maxf).variadic(),
    Func::new("min", MANY, min).variadic(),
    Func::new("minf", MANY, minf).variadic(),
    Func::new("mod", MANY, modulo),
    Func::new("mul", MANY, mul).variadic(),
    Func::new("mulf", MANY, mulf).variadic(),
    Func::world("randInt", &[Param::Int, Param::Int], rand_int),
    Func::new("round", &[Param::Any, Param::Int, Param::Float], round).variadic(),
    Func::new("seq", &[Param::Int], seq).variadic(),
    Func::new("sub", MANY, sub),
    Func::new("subf", MANY, subf).variadic(),
    Func::new("toDecimal", &[Param::Any], to_decimal),
    Func::new("until", &[Param::Int], until),
    Func::new("untilStep", &[Param::Int, Param::Int, Param::Int], until_step),
];

const MANY: &[Param] = &[Param::Any, Param::Any];

/// Go's panic text for a division by zero.
const DIVIDE_BY_ZERO: &str = "runtime error: integer divide by zero";

fn add(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(args.rest(0).iter().map(to_int64).fold(0, i64::wrapping_add)))
}

fn add1(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(to_int64(args.value(0)).wrapping_add(1)))
}

fn sub(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(to_int64(args.value(0)).wrapping_sub(to_int64(args.value(1)))))
}

fn mul(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(args.rest(0).iter().map(to_int64).fold(1, i64::wrapping_mul)))
}

fn div(args: Args<'_>) -> Outcome {
    match to_int64(args.value(1)) {
        0 => Err(Fault::new(DIVIDE_BY_ZERO)),
        divisor => Ok(Value::Int64(to_int64(args.value(0)).wrapping_div(divisor))),
    }
}

fn modulo(args: Args<'_>) -> Outcome {
    match to_int64(args.value(1)) {
        0 => Err(Fault::new(DIVIDE_BY_ZERO)),
        divisor => Ok(Value::Int64(to_int64(args.value(0)).wrapping_rem(divisor))),
    }
}

fn max(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(args.rest(0).iter().map(to_int64).max().unwrap_or_default()))
}

fn min(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(args.rest(0).iter().map(to_int64).min().unwrap_or_default()))
}

fn maxf(args: Args<'_>) -> Outcome {
    Ok(Value::Float(fold_floats(args, |left, right| extreme(left, right, f64::INFINITY))))
}

fn minf(args: Args<'_>) -> Outcome {
    Ok(Value::Float(fold_floats(args, |left, right| extreme(left, right, f64::NEG_INFINITY))))
}

fn fold_floats(args: Args<'_>, pick: fn(f64, f64) -> f64) -> f64 {
    args.rest(0).iter().map(to_float64).reduce(pick).unwrap_or_default()
}

/// Go's `math.Max` and `math.Min`: the number nearer to `end`; the infinity wins over NaN, of two zeros the sign decides.
fn extreme(left: f64, right: f64, end: f64) -> f64 {
    if left == end || right == end {
        return end;
    }
    if left.is_nan() || right.is_nan() {
        return f64::NAN;
    }
    if left == 0.0 && right == 0.0 {
        return if left.is_sign_positive() == (end > 0.0) { left } else { right };
    }
    if (left > right) == (end > 0.0) { left } else { right }
}

fn ceil(args: Args<'_>) -> Outcome {
    Ok(Value::Float(to_float64(args.value(0)).ceil()))
}

fn floor(args: Args<'_>) -> Outcome {
    Ok(Value::Float(to_float64(args.value(0)).floor()))
}

fn round(args: Args<'_>) -> Outcome {
    let threshold = if args.len() > 2 { args.float(2)? } else { 0.5 };
    let power = power_of_ten(args.int(1)?);
    let scaled = power * to_float64(args.value(0));
    let rounded = if scaled - scaled.trunc() >= threshold { scaled.ceil() } else { scaled.floor() };
    Ok(Value::Float(rounded / power))
}

/// `math.Pow(10, places)` with the rounding of Go's algorithm: squarings of mantissa and exponent apart.
fn power_of_ten(places: i64) -> f64 {
    match places {
        0 => return 1.0,
        1 => return 10.0,
        i64::MIN => return 0.0,
        _ => {}
    }
    let (mut mantissa, mut exponent) = (0.625, 4i64);
    let (mut result, mut result_exponent) = (1.0, 0i64);
    let mut rest = places.unsigned_abs();
    while rest != 0 {
        if exponent.abs() > 1 << 12 {
            result_exponent += exponent;
            break;
        }
        if rest & 1 == 1 {
            result *= mantissa;
            result_exponent += exponent;
        }
        mantissa *= mantissa;
        exponent <<= 1;
        if mantissa < 0.5 {
            mantissa += mantissa;
            exponent -= 1;
        }
        rest >>= 1;
    }
    if places < 0 {
        (result, result_exponent) = (1.0 / result, -result_exponent);
    }
    scale(result, result_exponent)
}

/// `number * 2^exponent` of a number near 1: the first step is exact, only the second one may round.
fn scale(number: f64, exponent: i64) -> f64 {
    let exponent = exponent.clamp(-2000, 2000) as i32;
    let half = exponent / 2;
    number * 2f64.powi(half) * 2f64.powi(exponent - half)
}

fn int(args: Args<'_>) -> Outcome {
    Ok(Value::Int(to_int(args.value(0))))
}

fn int64(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(to_int64(args.value(0))))
}

fn float64(args: Args<'_>) -> Outcome {
    Ok(Value::Float(to_float64(args.value(0))))
}

fn atoi(args: Args<'_>) -> Outcome {
    Ok(Value::Int(parse::parse_int(args.text(0)?, 10).unwrap_or_else(|error| error.nearest())))
}

/// Reads the printed argument as an octal number; 0 if it is none.
fn to_decimal(args: Args<'_>) -> Outcome {
    Ok(Value::Int64(parse::parse_int(&to_text(args.value(0))?, 8).unwrap_or_default()))
}

fn rand_int(world: &dyn World, args: Args<'_>) -> Outcome {
    let (low, high) = (args.int(0)?, args.int(1)?);
    let count = high.wrapping_sub(low);
    let Some(count) = u64::try_from(count).ok().filter(|count| *count > 0) else {
        return Err(Fault::new("invalid argument to Intn"));
    };
    // Numbers past the last full round of `count` would favour small results.
    let last = u64::MAX - u64::MAX % count;
    loop {
        let mut bytes = [0; 8];
        world.random(&mut bytes);
        let number = u64::from_le_bytes(bytes);
        if number < last {
            return Ok(Value::Int(low.wrapping_add((number % count) as i64)));
        }
    }
}

fn add1f(args: Args<'_>) -> Outcome {
    decimals(args.value(0), &[Value::Int(1)], Decimal::add)
}

fn addf(args: Args<'_>) -> Outcome {
    decimals(&Value::Float(0.0), args.rest(0), Decimal::add)
}

fn subf(args: Args<'_>) -> Outcome {
    decimals(args.value(0), args.rest(1), Decimal::sub)
}

fn mulf(args: Args<'_>) -> Outcome {
    decimals(args.value(0), args.rest(1), Decimal::mul)
}

fn divf(args: Args<'_>) -> Outcome {
    decimals(args.value(0), args.rest(1), Decimal::div)
}

type DecimalOperation = fn(Decimal, Decimal) -> Result<Decimal, Fault>;

fn decimals(first: &Value, rest: &[Value], operation: DecimalOperation) -> Outcome {
    let mut result = Decimal::from_float(to_float64(first))?;
    for value in rest {
        result = operation(result, Decimal::from_float(to_float64(value))?)?;
    }
    Ok(Value::Float(result.to_float()))
}

fn until(args: Args<'_>) -> Outcome {
    let count = args.int(0)?;
    Ok(int_list(steps(0, count, if count < 0 { -1 } else { 1 })?))
}

fn until_step(args: Args<'_>) -> Outcome {
    Ok(int_list(steps(args.int(0)?, args.int(1)?, args.int(2)?)?))
}

fn int_list(numbers: impl Iterator<Item = i64>) -> Value {
    Value::List(List::new(ListKind::Int, numbers.map(Value::Int).collect()))
}

/// `start`, `start + step`, ... before `stop`. Steps that lead away from `stop` give nothing.
fn steps(start: i64, stop: i64, step: i64) -> Result<impl Iterator<Item = i64>, Fault> {
    let towards = if stop < start { step < 0 } else { step > 0 };
    let mut count = 0;
    if towards {
        let (distance, step) = (i128::from(stop) - i128::from(start), i128::from(step));
        let wanted = (distance.abs() + step.abs() - 1) / step.abs();
        let past_end = i128::from(start) + wanted * step;
        count = usize::try_from(wanted).unwrap_or(usize::MAX);
        // Where the last step overflows, Go starts again from the other end of the integers.
        if count > MAX_SEQUENCE || i64::try_from(past_end).is_err() {
            return Err(Fault::new(format!("a sequence may have at most {MAX_SEQUENCE} elements")));
        }
    }
    Ok((0..count).map(move |at| start.wrapping_add(step.wrapping_mul(at as i64))))
}

fn seq(args: Args<'_>) -> Outcome {
    let direction = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let numbers = match args.len() {
        1 => {
            let step = direction(1, args.int(0)?);
            steps(1, args.int(0)?.wrapping_add(step), step)?
        }
        2 => {
            let (start, end) = (args.int(0)?, args.int(1)?);
            let step = direction(start, end);
            steps(start, end.wrapping_add(step), step)?
        }
        3 => {
            let (start, step, end) = (args.int(0)?, args.int(1)?, args.int(2)?);
            let towards = direction(start, end);
            if towards < 0 && step > 0 {
                return Ok(Value::str(""));
            }
            steps(start, end.wrapping_add(towards), step)?
        }
        _ => return Ok(Value::str("")),
    };
    let mut out = Vec::new();
    for (at, number) in numbers.enumerate() {
        let gap = if at > 0 { " " } else { "" };
        // Writing to a vector cannot fail.
        let _ = write!(out, "{gap}{number}");
    }
    Ok(Value::from(out))
}

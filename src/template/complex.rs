//! Complex constants, the only complex numbers that a template can meet.

use crate::value::Value;
use crate::value::print::Complex;
use std::rc::Rc;

/// The value of a complex literal.
pub(super) fn value(real: f64, imaginary: f64) -> Value {
    Value::Object(Rc::new(Complex { real, imaginary }))
}

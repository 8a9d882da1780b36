//! Complex constants, the only complex numbers that a template can meet.

use crate::value::{Kind, Object, Value};
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

/// A `complex128`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub real: f64,
    /// The imaginary part.
    pub imaginary: f64,
}

/// The value of a complex literal.
pub(super) fn value(real: f64, imaginary: f64) -> Value {
    Value::Object(Rc::new(Complex { real, imaginary }))
}

impl Object for Complex {
    fn go_type(&self) -> Cow<'static, str> {
        "complex128".into()
    }

    fn kind(&self) -> Kind {
        Kind::Complex128
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn truth(&self) -> bool {
        self.real != 0.0 || self.imaginary != 0.0
    }

    fn display(&self) -> Option<String> {
        let sign = if self.imaginary.is_sign_negative() { "" } else { "+" };
        let write = |number| crate::value::print::format_float(number, 'g', -1);
        Some(format!("({}{sign}{}i)", write(self.real), write(self.imaginary)))
    }
}

//! `complex128`, which only complex literals of templates make.

use crate::value::{Kind, Object};
use std::any::Any;
use std::borrow::Cow;

/// A `complex128`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub real: f64,
    /// The imaginary part.
    pub imaginary: f64,
}

impl Object for Complex {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("complex128")
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
}

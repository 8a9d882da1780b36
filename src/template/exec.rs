//! The walk over a parsed template that writes text.

use std::marker::PhantomData;

/// One execution.
pub struct Exec<'a>(PhantomData<&'a ()>);

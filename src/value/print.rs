//! Go's `fmt`: `%v` and the other verbs.

//! `Debug` that shows a type's name and nothing of its content.

/// Implements `Debug` as `Name(***)` for types that hold message text, names or credentials, so
/// that neither a log line nor a panic message can show them.
macro_rules! redacted_debug {
    ($($name:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}

pub(crate) use redacted_debug;

//! The `hearback` command.

fn main() {}

//! The binary: hands over to the command line. Must not do anything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::server::cli::run()
}

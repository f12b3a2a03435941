//! The binary: hands over to the command line. Must not do anything else.

use std::process::ExitCode;

/// Gives memory back after many requests at once.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    latchkey::server::cli::run()
}

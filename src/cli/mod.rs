//! Command line.

pub mod demo_data;

pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

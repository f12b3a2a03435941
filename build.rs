//! Tells cargo that the binary embeds the migrations, so that a new one is not missed. Must not generate anything.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}

//! Integration tests: the whole server in this process, spoken to as browsers and programs do, on SQLite and PostgreSQL.
//! One file per flow; `support` holds the actors. PostgreSQL is the one that `LATCHKEY_TEST_POSTGRES_URL` names.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests say what they expect")]

mod support;

mod access_tokens;
mod account;
mod activity;
mod api_docs;
mod api_document;
mod api_manage;
mod api_sign_in;
mod api_tokens;
mod assets;
mod audit_chain;
mod audit_console;
mod authorization;
mod backup;
mod bad_input;
mod brand;
mod change_email;
mod change_password;
mod change_username;
mod command_line;
mod confirm_password;
mod console;
mod csrf;
mod dashboard;
mod delete_account;
mod doctor;
mod events;
mod export;
mod headers;
mod import;
mod legacy_hashes;
mod lock_order;
mod log_lines;
mod mail;
mod metrics;
mod moving;
mod not_me;
mod own_sessions;
mod pages;
mod readiness;
mod reset_password;
mod roles;
mod session_records;
mod session_timer;
mod set_up;
mod sign_in;
mod sign_out;
mod sign_up;
mod storage;
mod theme;
mod throttle;
mod upgrade;
mod verify_email;

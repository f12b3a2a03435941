//! People of other programs: their files in, their passwords as before, and out again.

use std::{
    io,
    path::{Path, PathBuf},
};

use latchkey::server::{
    audit::{seal, verify},
    import::{
        batches::{Import, ImportError, Order, Summary, Watcher},
        export::Export,
        guess::Field,
        record::Choices,
        rejects::Reject,
        source::{SourceError, Wanted},
    },
    storage::Db,
};

use crate::support::{Engine, PASSWORD, World, at_a_desk, on_both_engines};

/// A bcrypt hash of [`PASSWORD`].
const HASH: &str = "$2b$04$j0wgx1yEoyVnJHZZLfl5BuSgdDBkwTts/kRzQw7lKE0/7BPq29ayW";

/// Keeps what it is told.
#[derive(Debug, Default)]
struct Told(Vec<Reject>);

impl Watcher for Told {
    fn progress(&mut self, done: u64, total: u64) {
        assert!(done <= total);
    }

    fn rejected(&mut self, reject: &Reject) -> io::Result<()> {
        self.0.push(reject.clone());
        Ok(())
    }
}

impl Told {
    /// Places and codes.
    fn reasons(&self) -> Vec<(u64, &'static str)> {
        let mut reasons: Vec<_> = self.0.iter().map(|reject| (reject.place, reject.why.code())).collect();
        reasons.sort_unstable();
        reasons
    }
}

fn store(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/stores").join(name)
}

fn order(path: &Path) -> Order {
    Order { path: path.to_owned(), ..Order::default() }
}

async fn import(world: &World, order: Order) -> Result<(Summary, Told), ImportError> {
    let mut told = Told::default();
    let summary = Import::open(order).await?.run(&world.state, &mut told).await?;
    Ok((summary, told))
}

/// Imports a text.
async fn import_text(world: &World, text: impl AsRef<[u8]>) -> Result<(Summary, Told), ImportError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people");
    std::fs::write(&path, text).expect("written");
    import(world, order(&path)).await
}

async fn count(world: &World, condition: &str) -> String {
    world.look_up(&format!("select cast(count(*) as text) from users where {condition}")).await
}

/// Those who are known, with all that an export says but their ids.
async fn everybody(world: &World) -> Vec<serde_json::Value> {
    let mut people: Vec<serde_json::Value> = exported(world, true)
        .await
        .lines()
        .map(|line| {
            let mut person: serde_json::Value = serde_json::from_str(line).expect("JSON");
            person.as_object_mut().expect("an object").remove("id");
            person
        })
        .collect();
    people.sort_by_key(ToString::to_string);
    people
}

async fn exported(world: &World, with_hashes: bool) -> String {
    let mut export = Export::begin(&world.state, with_hashes).await.expect("begun");
    let mut lines = String::new();
    while let Some(piece) = export.next().await.expect("read") {
        lines.push_str(&piece);
    }
    lines
}

on_both_engines! {
    /// Each kind of store: with the old password, twice, the second time against a hash of ours (ASVS 11.4.2).
    async fn people_of_every_store_sign_in_with_their_old_passwords(world) {
        for (file, people, identifiers) in [
            ("mongo-users.json", 2, &["sam@mongo.example.com", "kim@mongo.example.com"][..]),
            ("app.db", 2, &["sam@sqlite.example.com"]),
            ("mysql-users.tsv", 2, &["sam@mysql.example.com", "kim@mysql.example.com"]),
            ("users.json", 2, &["sam.json", "kim.json"]),
            ("postgres-users.csv", 2, &["sam.pg", "kim_pg"]),
        ] {
            let choices = Choices { verified: true, grant_admin: true };
            let (summary, told) = import(world, Order { choices, program: file.into(), ..order(&store(file)) }).await.expect(file);
            assert_eq!((summary.rows, summary.new, told.reasons()), (people, people, vec![]), "{file}");
            for identifier in identifiers {
                let stored = format!("select password_hash from users where email_key = '{identifier}' or username_key = '{identifier}'");
                assert!(!world.look_up(&stored).await.starts_with("$argon2id$"), "{identifier}");
                for round in 0..2 {
                    assert_eq!(world.anonymous().sign_in(identifier, "wrong password entirely").await.location(), "/sign-in");
                    assert_eq!(world.anonymous().sign_in(identifier, PASSWORD).await.location(), "/dashboard", "{identifier} {round}");
                    assert!(world.look_up(&stored).await.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{identifier} {round}");
                }
            }
        }
        assert_eq!(world.anonymous().sign_in("kim@sqlite.example.com", PASSWORD).await.location(), "/sign-in", "disabled");
        let sam = world.look_up("select external_id || ' ' || created_at from users where email_key = 'sam@mongo.example.com'").await;
        assert_eq!(sam, "65f0c0ffee00000000000000 1740824100");
        let mut administrator = world.anonymous();
        administrator.sign_in("sam@mongo.example.com", PASSWORD).await;
        assert!(administrator.get("/admin").await.says("Overview"));
    }

    /// ASVS 8.2.1: nobody becomes an administrator because a file says so.
    async fn a_file_makes_no_administrators(world) {
        let (summary, _) = import(world, order(&store("mongo-users.json"))).await.expect("imported");
        assert_eq!((summary.administrators, summary.kept_from_admin, summary.unproven), (0, 1, 2));
        let mut sam = world.anonymous();
        assert_eq!(sam.sign_in("sam@mongo.example.com", PASSWORD).await.location(), "/dashboard");
        assert!(!sam.get("/admin").await.says("Overview"));
    }

    /// ASVS 16.2.1: the log tells of each batch, and of each administrator.
    async fn an_import_is_in_the_audit_log(world) {
        let choices = Choices { grant_admin: true, ..Choices::default() };
        import(world, Order { choices, ..order(&store("mongo-users.json")) }).await.expect("imported");
        let said = world.look_up("select detail from events where kind = 'people_imported'").await;
        assert_eq!(said, r#"{"count":"2","file":"mongo-users.json","first":"line 1","last":"line 2"}"#);
        assert_eq!(world.look_up("select cast(count(*) as text) from events where kind = 'role_granted'").await, "1");
        let _ = exported(world, true).await;
        assert_eq!(world.look_up("select detail from events where kind = 'people_exported'").await, r#"{"hashes":"yes"}"#);
        seal::run(&world.state).await.expect("sealed");
        assert!(verify::database(&world.state.db, None).await.expect("verified").broken.is_none());
    }

    async fn a_dry_run_writes_nothing_and_says_the_same(world) {
        let lines = format!(
            "{{\"email\":\"sam@example.com\",\"password\":\"{HASH}\"}}\n{{\"email\":\"sam@\"}}\n{{\"email\":\"SAM@example.com\"}}\n"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("people.jsonl");
        std::fs::write(&path, lines).expect("written");
        let (dry, dry_told) = import(world, Order { dry_run: true, ..order(&path) }).await.expect("looked at");
        assert_eq!((count(world, "1 = 1").await.as_str(), std::fs::read_dir(folder.path()).expect("read").count()), ("0", 1));
        assert_eq!(world.look_up("select cast(count(*) as text) from events where kind = 'people_imported'").await, "0");
        let (real, real_told) = import(world, order(&path)).await.expect("imported");
        assert_eq!((dry, dry_told.reasons()), (real.clone(), real_told.reasons()));
        assert_eq!((real.new, real_told.reasons()), (1, vec![(2, "bad_email"), (3, "duplicate")]));
    }

    /// The same command again goes on where it was ended, and changes nobody.
    async fn a_run_that_was_ended_goes_on(world) {
        let line = |number: u32| format!("{{\"_id\":{number},\"email\":\"p{number}@example.com\",\"username\":\"p{number}x\",\"password\":\"{HASH}\"}}\n");
        let half: String = (0..1_500).map(line).collect();
        let whole: String = (0..3_200).map(line).collect();
        let (first, _) = import_text(world, &half).await.expect("imported");
        assert_eq!((first.new, first.there), (1_500, 0));
        // Somebody changes what they are called; by their id they are the same.
        world.tamper("update users set username = 'other', username_key = 'other' where email_key = 'p7@example.com'").await;
        let (second, told) = import_text(world, &whole).await.expect("imported");
        assert_eq!((second.rows, second.new, second.there, told.reasons()), (3_200, 1_700, 1_500, vec![]));
        assert_eq!(count(world, "username = 'other'").await, "1");
        let (third, _) = import_text(world, &whole).await.expect("imported");
        assert_eq!((third.new, third.there), (0, 3_200));
        // Who changed their address is not added a second time, with the password of then.
        world.tamper("update users set email = 'new@example.com', email_key = 'new@example.com' where email_key = 'p7@example.com'").await;
        let (fourth, told) = import_text(world, &whole).await.expect("imported");
        assert_eq!((fourth.new, fourth.there, told.reasons()), (0, 3_199, vec![(8, "conflict")]));
        assert_eq!(count(world, "1 = 1").await, "3200");
    }

    /// ASVS 15.4.2: whoever comes in between, by another import or by signing up, is there already then.
    async fn two_imports_at_once_add_everybody_once(world) {
        let line = |number: u32| format!("p{number}@example.com,p{number}x,{HASH}\n");
        let file = format!("email,username,hash\n{}", (0..2_500).map(line).collect::<String>());
        let (one, other) = tokio::join!(import_text(world, &file), import_text(world, &file));
        let ((one, told), (other, also_told)) = (one.expect("imported"), other.expect("imported"));
        assert_eq!((one.new + other.new, one.there + other.there), (2_500, 2_500));
        assert_eq!((told.reasons(), also_told.reasons(), count(world, "1 = 1").await), (vec![], vec![], "2500".to_owned()));
    }

    /// Whoever shares a part with somebody is no one else, and nobody is changed.
    async fn who_agrees_in_part_is_a_conflict(world) {
        world.sign_up("sam@example.com").await;
        import_text(world, format!("id,email,username,hash\n1,kim@example.com,kim,{HASH}\n2,,lee,{HASH}\n")).await.expect("imported");
        let before = everybody(world).await;
        let (summary, told) = import_text(world, format!(
            "id,email,username,hash\n\
             7,sam@example.com,sammy,{HASH}\n\
             8,kim@example.com,,{HASH}\n\
             9,ann@example.com,lee,{HASH}\n\
             ,KIM@example.com,lee,{HASH}\n\
             ,Kim@example.com,,{HASH}\n\
             10,sam@example.com,,{HASH}\n\
             11,new@example.com,new.one,{HASH}\n\
             12,new2@example.com,New.One,{HASH}\n",
        )).await.expect("imported");
        assert_eq!(
            told.reasons(),
            [(2, "conflict"), (3, "conflict"), (4, "conflict"), (5, "duplicate"), (6, "duplicate"), (7, "duplicate"), (9, "duplicate")]
        );
        assert_eq!((summary.new, summary.there, summary.conflicts, summary.unusable), (1, 0, 3, 4));
        let (again, told) = import_text(world, format!("email,username,hash\nKim@example.com,lee,{HASH}\nsam@example.com,,{HASH}\n")).await.expect("imported");
        assert_eq!((again.there, told.reasons()), (1, vec![(2, "conflict")]));
        let (again, _) = import_text(world, format!("email,hash\nKim@example.com,{HASH}\n")).await.expect("imported");
        assert_eq!((again.there, again.new), (1, 0));
        let after = everybody(world).await;
        assert!(after.len() == before.len() + 1 && before.iter().all(|person| after.contains(person)), "{after:?}");
    }

    /// Two programs number their people alike: nobody is taken for somebody else, and with a name for each nobody is refused.
    async fn the_same_id_in_another_program_is_somebody_else(world) {
        let one = format!("id,username,email,hash\n1,boss,ann@example.com,{HASH}\n2,kim,kim@example.com,{HASH}\n");
        let other = format!("id,username,email,hash\n1,boss,bob@example.com,{HASH}\n2,lee,lee@example.com,{HASH}\n");
        import_text(world, one).await.expect("imported");
        let (unnamed, told) = import_text(world, &other).await.expect("imported");
        assert_eq!((unnamed.new, unnamed.there, told.reasons()), (0, 0, vec![(2, "conflict"), (3, "conflict")]));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.csv");
        std::fs::write(&path, &other).expect("written");
        let named = Order { program: "shop".into(), ..order(&path) };
        let (named, told) = import(world, named).await.expect("imported");
        assert_eq!((named.new, told.reasons()), (1, vec![(2, "conflict")]), "the user name is Ann's");
        assert_eq!(count(world, "external_id = '2' and external_source = 'shop' and email_key = 'lee@example.com'").await, "1");
    }

    /// Who was shut out there does not come in here because it is said late in the file.
    async fn a_column_that_comes_late_is_not_overlooked(world) {
        let line = |number: u32| format!("{{\"email\":\"p{number}@example.com\",\"password\":\"{HASH}\",\"theme\":{{\"colour\":[]}}}}\n");
        let late = format!("{{\"email\":\"late@example.com\",\"password\":\"{HASH}\",\"banned\":true,\"colour\":\"red\"}}\n");
        let file = (0..120).map(line).collect::<String>() + &late;
        let (summary, told) = import_text(world, &file).await.expect("imported");
        assert_eq!((summary.new, told.reasons()), (120, vec![(121, "unforeseen_column")]));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("people.json");
        std::fs::write(&path, &file).expect("written");
        let corrected = Order { corrections: vec![(Field::Disabled, Some("banned".into()))], ..order(&path) };
        let (corrected, told) = import(world, corrected).await.expect("imported");
        assert_eq!((corrected.new, corrected.there, told.reasons()), (1, 120, vec![]));
        assert_eq!(count(world, "email_key = 'late@example.com' and disabled_at is not null").await, "1");
    }

    /// What neither engine can keep is refused alone.
    async fn a_hash_with_a_nul_is_refused_alone(world) {
        let digest = "0".repeat(128);
        let file = format!("[{{\"email\":\"sam@example.com\",\"password\":\"scrypt:1024:8:1$a\\u0000b${digest}\"}},{{\"email\":\"kim@example.com\",\"password\":\"{HASH}\"}}]");
        let (summary, told) = import_text(world, &file).await.expect("imported");
        assert_eq!((summary.new, told.reasons()), (1, vec![(1, "malformed_hash")]));
    }

    /// A batch is there as a whole, with its event, or not at all.
    async fn nothing_is_half_imported(world) {
        let line = |number: u32| format!("p{number}@example.com,{HASH},editor\n");
        let file = format!("email,hash,roles\n{}", (0..2_300).map(line).collect::<String>());
        let refuse = match world.state.db {
            Db::Sqlite { .. } => {
                "create trigger away before insert on events when new.kind = 'people_imported'
                   and (select count(*) from users) > 1500 begin select raise(abort, 'away'); end"
            }
            Db::Postgres(_) => {
                "create function away() returns trigger language plpgsql as $$ begin
                   if new.kind = 'people_imported' and (select count(*) from users) > 1500 then raise 'away'; end if; return new; end $$;
                 create trigger away before insert on events for each row execute function away()"
            }
        };
        world.tamper(refuse).await;
        let failed = import_text(world, &file).await.expect_err("the second batch");
        assert!(matches!(failed, ImportError::Interrupted { new: 1_000, .. }), "{failed}");
        assert_eq!(count(world, "1 = 1").await, "1000");
        assert_eq!(world.look_up("select cast(count(*) as text) from user_roles").await, "1000");
        world.tamper(if matches!(world.state.db, Db::Sqlite { .. }) { "drop trigger away" } else { "drop trigger away on events" }).await;
        let (rest, _) = import_text(world, &file).await.expect("imported");
        assert_eq!((rest.there, rest.new), (1_000, 1_300));
    }

    /// What is exported is imported into an empty database, and everybody is as before.
    async fn a_round_trip_loses_nobody(world) {
        for file in ["mongo-users.json", "app.db", "mysql-users.tsv", "users.json", "postgres-users.csv"] {
            let choices = Choices { grant_admin: true, verified: file == "app.db" };
            import(world, Order { choices, program: file.into(), ..order(&store(file)) }).await.expect(file);
        }
        world.sign_up("lee@example.com").await;
        let lines = exported(world, true).await;
        let engine = if matches!(world.state.db, Db::Sqlite { .. }) { Engine::Sqlite } else { Engine::Postgres };
        let other = World::with(engine, at_a_desk).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("people.jsonl");
        std::fs::write(&path, &lines).expect("written");
        let choices = Choices { grant_admin: true, ..Choices::default() };
        let (summary, told) = import(&other, Order { choices, ..order(&path) }).await.expect("imported");
        assert_eq!((summary.new, told.reasons()), (11, vec![]));
        assert_eq!(everybody(&other).await, everybody(world).await);
        assert_eq!(other.anonymous().sign_in("lee@example.com", PASSWORD).await.location(), "/dashboard");
        let mut sam = other.anonymous();
        assert_eq!(sam.sign_in("sam@mongo.example.com", PASSWORD).await.location(), "/dashboard");
        assert!(sam.get("/admin").await.says("Overview"));
        // Back to where they came from they are nobody new.
        let (back, _) = import(world, Order { choices, ..order(&path) }).await.expect("imported");
        assert_eq!((back.there, back.new), (11, 0));
        other.end().await;
    }

    /// ASVS 14.2.4: hashes leave the database only where that was said.
    async fn hashes_are_exported_only_on_demand(world) {
        import(world, order(&store("users.json"))).await.expect("imported");
        let lines = exported(world, false).await;
        assert!(lines.lines().count() == 2 && !lines.contains("scrypt:") && !lines.contains("hash"), "{lines}");
        assert!(exported(world, true).await.contains("scrypt:4096:8:1$"));
    }

    async fn people_without_a_password_can_ask_for_one(world) {
        let (summary, told) = import_text(world, "email,username,password\nsam@example.com,,\n,kim,\n").await.expect("imported");
        assert_eq!((summary.without_password, told.reasons()), (1, vec![(3, "no_way_in")]));
        assert_eq!(world.anonymous().sign_in("sam@example.com", "").await.location(), "/sign-in");
        world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        let mail = world.mail_to("sam@example.com").await;
        assert!(mail[0].link().starts_with("/reset-password?token="));
    }
}

async fn on_sqlite() -> World {
    World::with(Engine::Sqlite, at_a_desk).await
}

/// Every record that can be read is, and every other is named by its line.
#[tokio::test]
async fn odd_records_are_named_by_their_lines() {
    let world = on_sqlite().await;
    let good = |name: &str| format!("{{\"email\":\"{name}@example.com\",\"password\":\"{HASH}\"}}");
    let mut lines = Vec::new();
    for line in [
        good("a").into_bytes(),
        b"{\"email\":\"b@example.com\",\"email\":\"c@example.com\"}".to_vec(),
        b"".to_vec(),
        b"{\"email\":\"caf\xe9@example.com\"}".to_vec(),
        b"{\"email\": nonsense}".to_vec(),
        b"[1, 2]".to_vec(),
        b"{\"email\":\"d@example.com\",\"profile\":{\"a\":1,\"a\":2}}".to_vec(),
        good("e").into_bytes(),
    ] {
        lines.extend(line);
        lines.push(b'\n');
    }
    let (summary, told) = import_text(&world, &lines).await.expect("imported");
    let unreadable = [2, 4, 5, 6, 7].map(|line| (line, "unreadable")).to_vec();
    assert_eq!((summary.new, summary.rows, told.reasons()), (2, 7, unreadable));
    assert!(told.0.iter().any(|reject| reject.why.to_string().contains("email is there twice")));
    assert!(told.0.iter().any(|reject| reject.why.to_string().contains("profile.a is there twice")));

    let csv = [
        &b"\xef\xbb\xbfemail;password;note\r\n"[..],
        b"f@example.com;",
        HASH.as_bytes(),
        b";\"two\r\nlines\"\r\n",
        b"caf\xe9@example.com;;\r\n",
        b"g@example.com;\r\n",
        b"h@example.com;",
        HASH.as_bytes(),
        b";\r\n",
    ]
    .concat();
    let (summary, told) = import_text(&world, csv).await.expect("imported");
    assert_eq!((summary.new, told.reasons()), (2, vec![(4, "unreadable"), (5, "unreadable")]));

    // As `mysql --batch` writes: nothing is quoted, and what would end a column or a line is escaped.
    let tabs = format!(
        "email\tnick\tpassword\nk@example.com\t\"Ace\t{HASH}\nl@example.com\ta\\tb\\nc\t{HASH}\nm@example.com\tNULL\t{HASH}\nn@example.com\t\"King\t{HASH}\n"
    );
    let refused = vec![(2, "bad_username"), (3, "bad_username"), (5, "bad_username")];
    let (summary, told) = import_text(&world, &tabs).await.expect("imported");
    assert_eq!((summary.new, told.reasons()), (1, refused));
    // A mark within a column is one; the last line is whole, though nobody can be sure of it.
    let (summary, told) =
        import_text(&world, format!("email,size,hash\no@example.com,6\" tall,{HASH}\np@example.com,,"))
            .await
            .expect("imported");
    assert_eq!((summary.new, told.reasons(), summary.is_unended, summary.broken), (2, vec![], true, None));
    // On one line, places are counted by records.
    let (summary, told) = import_text(&world, "[{\"email\":\"q@example.com\"},{\"email\":\"q@\"},{\"email\":\"r@example.com\"},{\"email\":\"Q@example.com\"}]").await.expect("imported");
    assert_eq!((summary.new, told.reasons()), (2, vec![(2, "bad_email"), (4, "duplicate")]));
    assert!(told.0[1].why.to_string().ends_with("record 1"), "{:?}", told.0);
    // What cannot be read is not nothing; what says that there is no password is.
    let odd = format!(
        "{{\"first_name\":\"Sam\",\"email\":\"s@example.com\",\"password\":{{\"$binary\":{{\"base64\":\"?\",\"subType\":\"00\"}}}}}}\n\
         {{\"first_name\":\"Kim\",\"email\":\"t@example.com\",\"password\":\"!{}\",\"status\":\"banned\"}}\n",
        "x".repeat(40)
    );
    let (summary, told) = import_text(&world, &odd).await.expect("imported");
    assert_eq!((summary.new, summary.without_password, told.reasons()), (1, 1, vec![(1, "unknown_hash")]));
    assert_eq!(count(&world, "email_key = 't@example.com' and disabled_at is not null").await, "1");
    world.end().await;
}

/// ASVS 14.2.6: what is kept of a row that was not taken holds nothing that nobody asked for.
#[tokio::test]
async fn rejects_keep_no_secrets_of_others() {
    let world = on_sqlite().await;
    let row = "{\"email\":\"bad\",\"recovery_codes\":\"1234\",\"devices\":[{\"password\":\"hunter2\"}],\"roles\":[{\"name\":\"x\",\"pin\":\"987\"}]}";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people.json");
    std::fs::write(&path, row).expect("written");
    let import = Import::open(order(&path)).await.expect("opened");
    let mapping = import.mapping.clone();
    let mut told = Told::default();
    import.run(&world.state, &mut told).await.expect("run");
    let kept = told.0[0].to_json("line", &mapping);
    assert_eq!(kept["columns"], serde_json::json!({ "email": "bad" }), "{kept}");
    world.end().await;
}

/// What was read before the end stays, and where the end is is said.
#[tokio::test]
async fn a_file_that_was_cut_off_says_where() {
    let world = on_sqlite().await;
    for (file, new, place) in [
        ("[{\"email\":\"a1@example.com\"},\n{\"email\":\"a2@example.com\"},\n{\"email\":\"a3@exa", 2, 3),
        ("[{\"email\":\"b1@example.com\"},\n{\"email\":\"b2@example.com\"}\n", 2, 3),
        ("{\"email\":\"c1@example.com\"}\n{\"email\":\"c2@exam", 1, 2),
        ("{\"users\": {\"d1@example.com\": {\"password\": null},\n \"d2@example.com\": {\"pass", 1, 2),
        ("{\n \"email\": \"e1@example.com\"\n}\n{\n \"email\":", 1, 5),
        ("email,name\nf1@example.com,x\nf2@example.com", 1, 3),
        ("email,name\ng1@example.com,x\ng2@example.com,\"x\ng3@example.com,y\n", 1, 3),
        (
            "[{\"email\":\"h1@example.com\"},\n{\"email\":\"h2@example.com\"},\n nonsense,\n{\"email\":\"h3@example.com\"}]",
            2,
            3,
        ),
    ] {
        let (summary, told) = import_text(&world, file).await.expect(file);
        let (at, why) = summary.broken.clone().expect(file);
        assert_eq!((summary.new, at, told.reasons()), (new, place, vec![]), "{file} {why}");
    }
    let mut database = std::fs::read(store("app.db")).expect("read");
    database.truncate(database.len() / 2);
    assert!(import_text(&world, database).await.is_err());
    world.end().await;
}

/// Other forms of the same, each found by what the file holds.
#[tokio::test]
async fn forms_are_told_apart_by_what_is_in_the_file() {
    let world = on_sqlite().await;
    for (file, described) in [
        (format!("[{{\"email\":\"a@example.com\",\"password\":\"{HASH}\"}}]"), "JSON, an array of records"),
        (format!("  [\n{{\"email\":\"b@example.com\",\n\"password\":\"{HASH}\"}}]\n"), "JSON, an array of records"),
        (format!("{{\"email\":\"c@example.com\",\"password\":\"{HASH}\"}}"), "JSON, a record a line"),
        (
            format!("{{\n\"_id\":{{\"$oid\":\"65f0\"}},\n\"email\":\"d@example.com\",\"password\":\"{HASH}\"}}\n"),
            "JSON, an array of records",
        ),
        (
            format!("{{\"users\":[{{\"email\":\"e@example.com\",\"password\":\"{HASH}\"}}]}}"),
            "JSON, an object of people",
        ),
        (
            format!("{{\"_default\":{{\"1\":{{\"email\":\"f@example.com\",\"password\":\"{HASH}\"}}}}}}"),
            "JSON, an object of people",
        ),
        (format!("{{\"ann\":\"{HASH}\",\"bob\":\"{HASH}\"}}"), "JSON, an object of people"),
        (format!("email\tpassword\ng@example.com\t{HASH}\n"), "CSV, separated by tabs"),
        (format!("\"email\";\"password\"\n\"h@example.com\";\"{HASH}\"\n"), "CSV, separated by semicolons"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("people");
        std::fs::write(&path, &file).expect("written");
        let import = Import::open(order(&path)).await.expect(&file);
        assert_eq!(import.source.format.describe(), described, "{file}");
        let mut told = Told::default();
        let summary = import.run(&world.state, &mut told).await.expect(&file);
        assert!(summary.new >= 1 && told.0.is_empty() && summary.broken.is_none(), "{file} {:?}", told.0);
    }
    assert_eq!(world.anonymous().sign_in("bob", PASSWORD).await.location(), "/dashboard");
    world.end().await;
}

/// Files that are something else are refused with what helps.
#[tokio::test]
async fn files_that_cannot_be_read_say_what_helps() {
    let utf_16: Vec<u8> = "email,password\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let folder = tempfile::tempdir().expect("a folder");
    for (bytes, helps) in [
        (&[&b"\xff\xfe"[..], &utf_16].concat()[..], "UTF-16"),
        (&utf_16, "UTF-16"),
        (b"\x1f\x8b\x08\x00", "unpack"),
        (b"PGDMP", "\\copy"),
        (b"\x40\x00\x00\x00\x07_id\x00\x00\x00\x00", "mongoexport"),
        (b"", "empty"),
        (b" \n \n", "empty"),
    ] {
        let path = folder.path().join("people");
        std::fs::write(&path, bytes).expect("written");
        let refused = Import::open(order(&path)).await.expect_err(helps).to_string();
        assert!(refused.contains(helps), "{refused}");
    }
    for (wanted, file, helps) in [
        (Wanted::Sqlite, "users.json", "not a SQLite database"),
        (Wanted::Csv, "app.db", "a SQLite database"),
        (Wanted::MongoJson, "mysql-users.tsv", "not JSON"),
    ] {
        let refused = Import::open(Order { wanted, ..order(&store(file)) }).await.expect_err(helps);
        assert!(refused.to_string().contains(helps), "{refused}");
    }
    let refused = Import::open(Order { table: Some("people".into()), ..order(&store("app.db")) })
        .await
        .expect_err("no such table");
    assert!(refused.to_string().contains("alembic_version, user"), "{refused}");
    let missing = Import::open(order(&folder.path().join("none"))).await.expect_err("none");
    assert!(matches!(missing, ImportError::Source(SourceError::Io(..))));
    let strange = folder.path().join("strange.csv");
    std::fs::write(&strange, "colour,size\nred,3\n").expect("written");
    let refused = Import::open(order(&strange)).await.expect_err("no identifier").to_string();
    assert!(refused.contains("--map email=COLUMN") && refused.contains("colour, size"), "{refused}");
    let named = Order { corrections: vec![(Field::Username, Some("colour".into()))], ..order(&strange) };
    assert!(Import::open(named).await.is_ok());
}

/// ASVS 15.2.2: a record without end is not read into memory.
#[tokio::test]
async fn a_record_without_end_is_refused() {
    let world = on_sqlite().await;
    let endless = "x".repeat(3 << 20);
    for (begin, new) in [
        ("{\"email\":\"a@example.com\"}\n{\"email\":\"", 1),
        ("[{\"email\":\"b@example.com\"},{\"email\":\"", 1),
        ("email\nc@example.com\nd@example.com\n\"", 1),
        ("{\"users\":[{\"email\":\"e@example.com\"},{\"email\":\"", 1),
    ] {
        let (summary, _) = import_text(&world, format!("{begin}{endless}\"}}]}}")).await.expect(begin);
        let (_, why) = summary.broken.expect(begin);
        assert!(summary.new >= new && why.contains("more than a megabyte"), "{begin} {why}");
    }
    world.end().await;
}

/// A hostile schema runs nothing, and a hostile name is a name.
#[tokio::test]
async fn odd_tables_are_read_as_tables() {
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
    let world = on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("odd.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut database = SqliteConnection::connect_with(&options).await.expect("made");
    let sql = format!(
        "create table \"us\"\"ers; drop table x\" (pk integer, \"e mail\" text, pwd blob, banned);
         insert into \"us\"\"ers; drop table x\" values (1, 'a@example.com', x'{}', 0), (2, 'b@example.com', '{HASH}', 1),
            (3, x'ff', '{HASH}', null), (4, 'c@example.com', 12, null), (5, 'd@example.com', null, 0.5);
         create view users as select * from \"us\"\"ers; drop table x\"",
        latchkey::server::crypto::token::hexadecimal(HASH.as_bytes())
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.expect("filled");
    database.close().await.expect("closed");
    let (summary, told) = import(&world, order(&path)).await.expect("imported");
    assert_eq!(
        (summary.new, told.reasons()),
        (2, vec![(3, "bad_email"), (4, "plain_text_password"), (5, "bad_truth")])
    );
    assert_eq!(world.anonymous().sign_in("a@example.com", PASSWORD).await.location(), "/dashboard");
    assert_eq!(world.anonymous().sign_in("b@example.com", PASSWORD).await.location(), "/sign-in", "banned");

    let path = folder.path().join("large.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut database = SqliteConnection::connect_with(&options).await.expect("made");
    let sql = format!(
        "create table users (email text, hash text, avatar blob, boom blob generated always as (zeroblob(900000000)) virtual);
         insert into users values ('large@example.com', '{HASH}', zeroblob(3000000))"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.expect("filled");
    database.close().await.expect("closed");
    let opened = Import::open(order(&path)).await.expect("opened");
    assert_eq!(opened.columns, ["email", "hash", "avatar"]);
    assert_eq!(opened.run(&world.state, &mut Told::default()).await.expect("imported").new, 1);

    let path = folder.path().join("wide.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).pragma("encoding", "'UTF-16'");
    let mut database = SqliteConnection::connect_with(&options).await.expect("made");
    sqlx::raw_sql("create table users (email text, hash text)").execute(&mut database).await.expect("filled");
    database.close().await.expect("closed");
    let refused = Import::open(order(&path)).await.expect_err("UTF-16").to_string();
    assert!(refused.contains(".dump"), "{refused}");
    world.end().await;
}

/// Whatever a file holds, reading it ends with an answer.
#[test]
fn reading_a_file_never_panics() {
    use proptest::{prelude::*, test_runner::TestRunner};
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people");
    let world = runtime.block_on(on_sqlite());
    let json = "[\\[\\]{}:,\" \n\\\\$a-f0-9é]{0,200}";
    let any_file = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        json.prop_map(String::into_bytes),
        "email,username(\n[a-f@.,;\"\t\r\n ]{0,20}){0,9}".prop_map(String::into_bytes),
        "\\{\"users\": ?[\\[\\]{}:,\" \n$a-f0-9]{0,99}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|rest| [b"SQLite format 3\0".to_vec(), rest].concat()),
    ];
    let wanted =
        prop::sample::select(vec![Wanted::Auto, Wanted::MongoJson, Wanted::UsersJson, Wanted::Csv, Wanted::Sqlite]);
    let mut runner = TestRunner::new(ProptestConfig { cases: 300, ..ProptestConfig::default() });
    runner
        .run(&(any_file, wanted), |(bytes, wanted)| {
            std::fs::write(&path, bytes).expect("written");
            let corrections = vec![(Field::Email, Some("a".to_owned()))];
            for corrections in [vec![], corrections] {
                let order = Order { wanted, corrections, dry_run: true, ..order(&path) };
                if let Ok((summary, told)) = runtime.block_on(import(&world, order)) {
                    prop_assert_eq!(summary.conflicts + summary.unusable, told.0.len() as u64);
                    prop_assert_eq!(summary.rows, summary.new + summary.there + summary.conflicts + summary.unusable);
                }
            }
            Ok(())
        })
        .expect("no panic");
    runtime.block_on(world.end());
}

//! The audit log proves itself: sealing, verifying, exporting, emptying, pruning; and whatever is tampered with shows.

use crate::support::{World, on_both_engines};
use latchkey::{
    domain::event::EventKind,
    server::{
        audit::{
            Event,
            export::{self, Export, Format},
            redaction, seal,
            verify::{self, Broken, Checkpoint, Fault, Report},
        },
        jobs,
        storage::{
            Db, chain,
            events::{self, Wanted},
        },
    },
};

/// Writes so many events, each of its own, and seals them.
async fn write(world: &World, how_many: usize) {
    for index in 0..how_many {
        let event = Event::by_command_line(EventKind::LinkSent).about("sam").with("number", index.to_string());
        event.record_alone(&world.state).await.expect("written");
    }
    seal::run(&world.state).await.expect("sealed");
}

async fn verified(world: &World) -> Report {
    verify::database(&world.state.db, None).await.expect("read")
}

async fn broken(world: &World) -> Broken {
    verified(world).await.broken.expect("it shows")
}

async fn id_at(world: &World, sequence: i64) -> String {
    let mut conn = world.state.db.read().await.expect("a connection");
    chain::after(&mut conn, sequence - 1, 1).await.expect("read").remove(0).content.id
}

async fn checkpoint(world: &World) -> Checkpoint {
    verify::checkpoint(&world.state.db).await.expect("read")
}

async fn empty(world: &World, ids: &[String]) {
    let mut tx = world.state.db.begin().await.expect("begun");
    let reason = Event::by_command_line(EventKind::RecordsDeleted);
    redaction::empty(&world.state, &mut tx, ids, &reason).await.expect("emptied");
    tx.commit().await.expect("done");
}

async fn exported(world: &World, wanted: Wanted, format: Format) -> String {
    let event = Event::by_command_line(export::KIND);
    let mut export = Export::begin(&world.state, event, wanted, format).await.expect("begun");
    let mut file = String::new();
    while let Some(piece) = export.next().await.expect("read") {
        file.push_str(&piece);
    }
    file
}

fn verified_file(file: &str) -> Report {
    verify::file(file.as_bytes(), None).expect("read")
}

on_both_engines! {
    async fn what_happens_is_sealed_in_the_background(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut other = world.anonymous();
        other.sign_in(&person.email, "wrong").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let report = verified(world).await;
        assert_eq!((report.broken, report.unsealed), (None, 0));
        assert!(report.last >= 3 && report.first == 1, "an account, a session, a refusal: {}", report.last);
        let days = events::unsealed(&mut world.state.db.read().await.expect("a connection"), 9).await.expect("read");
        assert_eq!(days, []);
    }

    async fn events_are_counted_by_day_kind_and_outcome_once(world) {
        write(world, 3).await;
        write(world, 2).await;
        let day = events::day_of(world.now());
        let same = "day = {day} and kind = 'link_sent' and outcome = 'success' and count = 5".replace("{day}", &day.to_string());
        assert_eq!(world.tamper(&format!("update event_days set count = count where {same}")).await, 1);
    }

    /// Several nodes that seal at the same moment add to one chain, while events go on being written.
    async fn many_seal_at_once_and_there_is_one_chain(world) {
        let mut nodes = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let state = world.state.clone();
            nodes.spawn(async move {
                for _ in 0..10 {
                    Event::by_system(EventKind::SessionEnded).record_alone(&state).await.expect("written");
                    seal::run(&state).await.expect("sealed");
                }
            });
        }
        while let Some(ended) = nodes.join_next().await {
            ended.expect("it did not fail");
        }
        let report = verified(world).await;
        assert_eq!((report.broken, report.last, report.events, report.unsealed), (None, 60, 60, 0));
    }

    async fn an_empty_log_holds(world) {
        let report = verified(world).await;
        assert_eq!((report.broken, report.events), (None, 0));
        assert_eq!(verify::database(&world.state.db, Some(checkpoint(world).await)).await.expect("read").broken, None);
    }

    /// ASVS 16.4.2, column by column.
    async fn a_change_of_any_column_shows(world) {
        write(world, 8).await;
        let id = id_at(world, 4).await;
        for (column, value, fault) in [
            ("at", "at + 1", Fault::ContentChanged),
            ("kind", "'signed_in'", Fault::ContentChanged),
            ("outcome", "'failure'", Fault::ContentChanged),
            ("actor", "'system'", Fault::ContentChanged),
            ("target", "'kim'", Fault::ContentChanged),
            ("session_id", "'s'", Fault::ContentChanged),
            ("address", "'192.0.2.99'", Fault::ContentChanged),
            ("user_agent", "'Example/2.0'", Fault::ContentChanged),
            ("request_id", "'r'", Fault::ContentChanged),
            ("detail", "'{}'", Fault::ContentChanged),
            ("salt", "'00'", Fault::ContentChanged),
            ("content_hash", "'00'", Fault::ContentChanged),
            ("hash", "'00'", Fault::NotLinked),
            ("id", "'01234567-89ab-7cde-8f01-23456789abcd'", Fault::ContentChanged),
            ("sequence", "99", Fault::Missing),
            ("redacted_by", "'01234567-89ab-7cde-8f01-23456789abcd'", Fault::EmptiedWithoutReason),
        ] {
            world.tamper("create table kept as select * from events").await;
            assert_eq!(world.tamper(&format!("update events set {column} = {value} where sequence = 4")).await, 1);
            let found = broken(world).await;
            assert_eq!((found.sequence, found.fault), (Some(4), fault), "{column}");
            if !matches!(column, "id" | "sequence") {
                assert_eq!(found.id.as_ref(), Some(&id), "{column}");
            }
            world.tamper("delete from events").await;
            world.tamper("insert into events select * from kept").await;
            world.tamper("drop table kept").await;
            assert_eq!(verified(world).await.broken, None, "{column} as it was");
        }
    }

    /// What is changed together with its hash still does not fit the next link.
    async fn a_change_with_a_hash_to_match_shows(world) {
        write(world, 5).await;
        let mut link = chain::after(&mut world.state.db.read().await.expect("a connection"), 2, 1).await.expect("read").remove(0);
        link.content.target = "kim".into();
        let hash = latchkey::server::audit::chain::content_hash(&link.content);
        world.tamper(&format!("update events set target = 'kim', content_hash = '{hash}' where sequence = 3")).await;
        assert_eq!(broken(world).await, Broken { sequence: Some(3), id: Some(link.content.id), fault: Fault::NotLinked });
    }

    async fn what_is_deleted_shows(world) {
        write(world, 5).await;
        world.tamper("delete from events where sequence = 3").await;
        assert_eq!(broken(world).await, Broken { sequence: Some(3), id: None, fault: Fault::Missing });
        world.tamper("delete from events where sequence < 4").await;
        assert_eq!(broken(world).await, Broken { sequence: Some(1), id: None, fault: Fault::Missing });
        world.tamper("delete from events").await;
        assert_eq!(broken(world).await, Broken { sequence: Some(1), id: None, fault: Fault::CutOff });
    }

    async fn what_is_moved_shows(world) {
        write(world, 5).await;
        world.tamper("update events set sequence = 1000002 where sequence = 2").await;
        world.tamper("update events set sequence = 2 where sequence = 4").await;
        world.tamper("update events set sequence = 4 where sequence = 1000002").await;
        let found = broken(world).await;
        assert_eq!((found.sequence, found.fault), (Some(2), Fault::NotLinked));
    }

    /// Also where the hashes were moved along with their places.
    async fn what_changes_places_with_its_hashes_shows(world) {
        write(world, 5).await;
        world.tamper("create table kept as select * from events").await;
        for (here, there) in [(2, 4), (4, 2)] {
            world.tamper(&format!("update events set hash = (select hash from kept where kept.sequence = {there}), sequence = 1000000 + {there} where sequence = {here}")).await;
        }
        world.tamper("update events set sequence = sequence - 1000000 where sequence > 1000000").await;
        assert_eq!(broken(world).await.fault, Fault::NotLinked);
    }

    async fn what_is_inserted_shows(world) {
        write(world, 5).await;
        let insert = "insert into events select '01234567-89ab-7cde-8f01-23456789abcd', at, kind, outcome, actor, target, session_id,
            address, user_agent, request_id, detail, salt, content_hash, sequence + 1, hash, redacted_by from events where sequence = 5";
        world.tamper(insert).await;
        let found = broken(world).await;
        assert_eq!((found.sequence, found.fault), (Some(6), Fault::ContentChanged));

        // Somebody who computes every hash as we do is caught by the noted end.
        let mut link = chain::after(&mut world.state.db.read().await.expect("a connection"), 5, 1).await.expect("read").remove(0);
        link.content.target = "kim".into();
        let content = latchkey::server::audit::chain::content_hash(&link.content);
        let hash = latchkey::server::audit::chain::link_hash(&checkpoint(world).await.head, 6, &link.content.id, &content);
        world.tamper(&format!("update events set target = 'kim', content_hash = '{content}', hash = '{hash}' where sequence = 6")).await;
        let found = broken(world).await;
        assert_eq!((found.sequence, found.fault), (Some(6), Fault::PastTheEnd));
    }

    async fn what_is_put_before_the_beginning_shows(world) {
        write(world, 2).await;
        let insert = "insert into events (id, at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt, content_hash, sequence, hash) \
            select 'earlier', at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt, content_hash, 0, hash from events where sequence = 1";
        let without_constraint = match world.state.db {
            Db::Sqlite { .. } => "pragma ignore_check_constraints = on",
            Db::Postgres(_) => "alter table events drop constraint events_sequence_check",
        };
        world.tamper(without_constraint).await;
        assert_eq!(world.tamper(insert).await, 1);
        let found = broken(world).await;
        assert_eq!((found.sequence, found.id.as_deref(), found.fault), (Some(0), Some("earlier"), Fault::BeforeTheBeginning));
    }

    async fn a_changed_end_shows(world) {
        write(world, 5).await;
        world.tamper("update audit_chain set head = 'ff'").await;
        assert_eq!(broken(world).await.fault, Fault::HeadChanged);
        world.tamper("update audit_chain set head = (select hash from events where sequence = 5), count = 6").await;
        assert_eq!(broken(world).await, Broken { sequence: Some(6), id: None, fault: Fault::CutOff });
        world.tamper("update audit_chain set count = 4").await;
        assert_eq!(broken(world).await.fault, Fault::PastTheEnd);
    }

    /// Whoever cuts off the end and moves the noted end along is caught by a checkpoint that was kept elsewhere.
    async fn a_cut_off_end_shows(world) {
        write(world, 3).await;
        let early = checkpoint(world).await;
        write(world, 2).await;
        let kept = checkpoint(world).await;
        world.tamper("delete from events where sequence > 4").await;
        assert_eq!(broken(world).await, Broken { sequence: Some(5), id: None, fault: Fault::CutOff });
        world.tamper("update audit_chain set count = 4, head = (select hash from events where sequence = 4)").await;
        assert_eq!(verified(world).await.broken, None, "nothing within the database can tell");
        let with = |checkpoint| verify::database(&world.state.db, Some(checkpoint));
        assert_eq!(with(early).await.expect("read").broken, None, "what was cut off came later");
        let cut = with(kept.clone()).await.expect("read").broken.expect("it shows");
        assert_eq!((cut.sequence, cut.fault), (Some(5), Fault::CutBeforeCheckpoint));
        write(world, 3).await;
        assert_eq!(verified(world).await.broken, None);
        let rewritten = with(kept).await.expect("read").broken.expect("it shows");
        assert_eq!((rewritten.sequence, rewritten.fault), (Some(5), Fault::NotTheCheckpoint));
    }

    async fn an_event_that_waits_is_verified_as_well(world) {
        write(world, 2).await;
        Event::by_system(EventKind::SignedIn).record_alone(&world.state).await.expect("written");
        assert_eq!(verified(world).await.unsealed, 1);
        world.tamper("update events set actor = 'kim' where sequence is null").await;
        let found = broken(world).await;
        assert_eq!((found.sequence, found.fault), (None, Fault::ContentChanged));
    }

    /// What was taken out of the chain, or put beside it, does not pass for an event of a moment ago.
    async fn an_event_that_waits_for_too_long_shows(world) {
        write(world, 3).await;
        let event = Event::by_command_line(EventKind::LinkSent).about("kim");
        event.record_alone(&world.state).await.expect("written");
        world.clock.advance(601);
        let report = verified(world).await;
        assert_eq!((report.broken.clone(), report.unsealed), (None, 1), "nothing was sealed since");
        assert_eq!(report.waiting_too_long(world.now()), Some(world.now().plus(-601)), "which may mean that no server runs");
        assert_eq!(report.waiting_too_long(world.now().plus(-1)), None);
        write(world, 1).await;
        assert_eq!(verified(world).await.broken, None);

        let last = id_at(world, 4).await;
        assert_eq!(world.tamper("update events set sequence = null, hash = null where sequence = 5").await, 1);
        assert_eq!(world.tamper("update events set sequence = null, hash = null where sequence = 4").await, 1);
        let head = chain::after(&mut world.state.db.read().await.expect("a connection"), 2, 1).await.expect("read").remove(0);
        world.tamper(&format!("update audit_chain set count = 3, head = '{}'", head.hash.expect("sealed"))).await;
        assert_eq!(verified(world).await.broken, None, "the end cut off, which a checkpoint shows");
        seal::run(&world.state).await.expect("sealed");
        let sealed = id_at(world, 4).await;
        assert_eq!(sealed, last, "oldest first");
        world.clock.advance(-700);
        Event::by_command_line(EventKind::LinkSent).about("max").record_alone(&world.state).await.expect("inserted");
        world.clock.advance(700);
        let broken = broken(world).await;
        assert_eq!((broken.sequence, broken.fault), (None, Fault::LeftUnsealed));
    }

    async fn emptying_is_not_tampering(world) {
        write(world, 450).await;
        let mut ids = Vec::new();
        for sequence in 3..=405 {
            ids.push(id_at(world, sequence).await);
        }
        Event::by_system(EventKind::SignedIn).record_alone(&world.state).await.expect("written, and waiting");
        empty(world, &ids).await;
        let report = verified(world).await;
        assert_eq!((report.broken, report.emptied, report.unsealed), (None, 403, 3), "200 to an event, not sealed yet");
        seal::run(&world.state).await.expect("sealed");
        let report = verified(world).await;
        assert_eq!((report.broken, report.emptied, report.unsealed), (None, 403, 0));
        let link = chain::after(&mut world.state.db.read().await.expect("a connection"), 2, 1).await.expect("read").remove(0);
        assert!(latchkey::server::audit::chain::is_empty(&link.content), "nothing is left: {link:?}");
    }

    async fn emptying_without_a_reason_shows(world) {
        write(world, 5).await;
        empty(world, &[id_at(world, 2).await]).await;
        seal::run(&world.state).await.expect("sealed");
        assert_eq!(verified(world).await.broken, None);
        let reason = id_at(world, 6).await;
        let all_but_id = "at = 0, kind = '', outcome = '', actor = '', target = '', session_id = '', address = '', user_agent = '',
            request_id = '', detail = '', salt = ''";
        for marked_by in [format!("'{reason}'"), "'nobody'".into(), format!("'{}'", id_at(world, 1).await)] {
            world.tamper("create table kept as select * from events").await;
            world.tamper(&format!("update events set {all_but_id}, redacted_by = {marked_by} where sequence = 4")).await;
            let found = broken(world).await;
            assert_eq!((found.sequence, found.fault), (Some(4), Fault::EmptiedWithoutReason), "{marked_by}");
            world.tamper("delete from events").await;
            world.tamper("insert into events select * from kept").await;
            world.tamper("drop table kept").await;
        }
        world.tamper("update events set target = 'kim' where sequence = 2").await;
        assert_eq!(broken(world).await.fault, Fault::EmptiedWithoutReason, "what was emptied stays empty");
        world.tamper("update events set target = '' where sequence = 2").await;
        world.tamper("update events set redacted_by = null where sequence = 2").await;
        assert_eq!(broken(world).await.fault, Fault::ContentChanged);
        world.tamper(&format!("update events set redacted_by = '{reason}' where sequence = 2")).await;
        assert_eq!(verified(world).await.broken, None);
        world.tamper("update events set detail = '{}' where sequence = 6").await;
        assert_eq!(broken(world).await.sequence, Some(2), "a reason that was changed is none");
    }

    async fn pruning_is_not_tampering(world) {
        write(world, 3).await;
        let early = checkpoint(world).await;
        world.clock.advance(10 * 86_400);
        write(world, 3).await;
        let late = checkpoint(world).await;
        let removed = redaction::prune(&world.state, world.now().plus(-86_400)).await.expect("pruned");
        assert_eq!(removed, 3);
        assert_eq!(redaction::prune(&world.state, world.now().plus(-86_400)).await.expect("pruned"), 0);
        let report = verified(world).await;
        assert_eq!((report.broken, report.first, report.last, report.unsealed), (None, 4, 6, 1));
        seal::run(&world.state).await.expect("sealed");
        let report = verified(world).await;
        assert_eq!((report.broken, report.first, report.last), (None, 4, 7));
        let with = |checkpoint| verify::database(&world.state.db, Some(checkpoint));
        assert_eq!(with(late).await.expect("read").broken, None);
        assert_eq!(with(early).await.expect("read").broken.map(|broken| broken.fault), Some(Fault::CheckpointPruned));

        world.clock.advance(10 * 86_400);
        assert_eq!(redaction::prune(&world.state, world.now()).await.expect("pruned"), 4, "that event too");
        assert_eq!(verified(world).await.broken, None, "everything is gone but the event that says so");
        seal::run(&world.state).await.expect("sealed");
        assert_eq!(verified(world).await.broken, None);
        world.tamper("delete from events where sequence = 8").await;
        assert_eq!(broken(world).await.fault, Fault::CutOff);
    }

    async fn a_beginning_removed_by_hand_shows(world) {
        write(world, 3).await;
        world.clock.advance(10 * 86_400);
        write(world, 4).await;
        redaction::prune(&world.state, world.now().plus(-86_400)).await.expect("pruned");
        seal::run(&world.state).await.expect("sealed");
        world.tamper("delete from events where sequence = 4").await;
        assert_eq!(broken(world).await.fault, Fault::Missing, "one more than was said");
    }

    async fn an_export_is_verified_alone(world) {
        write(world, 8).await;
        empty(world, &[id_at(world, 2).await, id_at(world, 5).await]).await;
        let file = exported(world, Wanted::default(), Format::JsonLines).await;
        let report = verified_file(&file);
        assert_eq!((report.broken.clone(), report.events, report.emptied, report.is_partial), (None, 10, 2, false));
        assert!(file.contains("audit_exported"), "the export is itself an event");
        let kept = checkpoint(world).await;
        assert_eq!(verify::file(file.as_bytes(), Some(kept.clone())).expect("read").broken, None);

        let lines: Vec<&str> = file.lines().collect();
        let altered = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            change(&mut lines);
            verified_file(&(lines.join("\n") + "\n")).broken.map(|broken| (broken.sequence, broken.fault))
        };
        assert_eq!(altered(&|_| ()), None);
        assert_eq!(altered(&|lines| lines[4] = lines[4].replace("sam", "kim")), Some((Some(4), Fault::ContentChanged)));
        assert_eq!(altered(&|lines| drop(lines.remove(4))), Some((Some(4), Fault::Missing)));
        assert_eq!(altered(&|lines| lines.swap(3, 4)), Some((Some(3), Fault::Missing)));
        assert_eq!(altered(&|lines| lines.insert(4, lines[3].clone())), Some((Some(3), Fault::NotLinked)));
        assert_eq!(altered(&|lines| lines.truncate(8)), Some((Some(2), Fault::EmptiedWithoutReason)));
        assert_eq!(altered(&|lines| lines.truncate(10)), Some((Some(10), Fault::CutOff)));
        assert_eq!(altered(&|lines| lines[3] = "{}".into()), Some((None, Fault::Unreadable)));
        assert_eq!(altered(&|lines| lines[2] = lines[2].replace("\"kind\":\"\"", "\"kind\":\"signed_in\"")), Some((Some(2), Fault::EmptiedWithoutReason)));
        assert_eq!(altered(&|lines| lines.drain(1..4).for_each(drop)), Some((Some(3), Fault::Missing)), "a beginning that nobody pruned");
        assert_eq!(verified_file("").broken.map(|broken| broken.fault), Some(Fault::NoExport));
        let later = Checkpoint { count: 11, ..kept };
        let cut = verify::file(file.as_bytes(), Some(later)).expect("read").broken;
        assert_eq!(cut.map(|broken| broken.fault), Some(Fault::CutBeforeCheckpoint));
    }

    async fn an_export_after_pruning_is_verified_alone(world) {
        write(world, 3).await;
        world.clock.advance(10 * 86_400);
        write(world, 3).await;
        redaction::prune(&world.state, world.now().plus(-86_400)).await.expect("pruned");
        let file = exported(world, Wanted::default(), Format::JsonLines).await;
        let report = verified_file(&file);
        assert_eq!((report.broken, report.first, report.events), (None, 4, 5));
        let without: Vec<&str> = file.lines().filter(|line| !line.contains("\"events_pruned\"")).collect();
        assert!(verified_file(&without.join("\n")).broken.is_some());
    }

    async fn a_part_is_verified_and_says_that_it_is_a_part(world) {
        write(world, 4).await;
        Event::by_system(EventKind::SignedIn).about("kim").record_alone(&world.state).await.expect("written");
        write(world, 2).await;
        let wanted = Wanted { target: Some("sam".into()), ..Wanted::default() };
        let file = exported(world, wanted, Format::JsonLines).await;
        let report = verified_file(&file);
        assert_eq!((report.broken, report.events, report.is_partial), (None, 6, true));
        let found = verified_file(&file.replace("\"target\":\"sam\"", "\"target\":\"kim\"")).broken.expect("it shows");
        assert_eq!(found.fault, Fault::ContentChanged);
        let compared = verify::file(file.as_bytes(), Some(checkpoint(world).await)).expect("read").broken.expect("no proof");
        assert_eq!(compared.to_string(), "the file holds a part of the log, which cannot be compared with a checkpoint; export all of it");
        let hash = id_at(world, 5).await;
        assert!(!file.contains(&hash), "nobody else's");
    }

    /// ASVS 1.2.10, 16.2.2.
    async fn a_spreadsheet_calculates_nothing(world) {
        let event = Event::by_command_line(EventKind::LinkSent).about("=cmd|'/c calc'!A1");
        event.record_alone(&world.state).await.expect("written");
        let file = exported(world, Wanted::default(), Format::Csv).await;
        assert!(file.starts_with("\"time\",\"kind\",\"outcome\",") && file.lines().count() == 3, "{file}");
        assert!(file.contains("\"'=cmd|'/c calc'!A1\"") && file.contains(&world.now().rfc3339()), "{file}");
    }
}

//! The console's people: who may look, what is found, what is done, and what is written down of it.

use axum::http::StatusCode;
use latchkey::{
    domain::{
        console::{PeopleQuery, PeopleSort, PersonState, Verified},
        email::Email,
        event::EventKind,
        form::Identifiers,
        query::ListPage,
        role::Role,
    },
    server::{
        audit::Event,
        request_info::RequestInfo,
        storage::{
            events::{self, EventRow, Page, Wanted},
            own_sessions, people,
            sessions::{self, EndReason},
            users,
        },
    },
};

use crate::support::{Browser, OTHER_PASSWORD, PASSWORD, World, on_both_engines};

const PAGES: [&str; 5] =
    ["/admin", "/admin/people", "/admin/people/act?act=disable", "/admin/people/done", "/admin/people/new"];

async fn events_about(world: &World, target: &str, kind: EventKind) -> Vec<EventRow> {
    let wanted = Wanted { target: Some(target.into()), kinds: vec![kind.as_str()], ..Wanted::default() };
    let mut conn = world.state.db.read().await.expect("a connection");
    events::list(&mut conn, &wanted, &Page::First, 100).await.expect("read")
}

/// Adds people without sessions, `p00@example.com` and on, a second apart.
async fn add_people(world: &World, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for index in 0..count {
        world.clock.advance(1);
        let id = world.state.new_id().expect("an id");
        let email = Email::parse(&format!("p{index:02}@example.com")).ok();
        let mut conn = world.state.db.write().await.expect("a connection");
        users::create(&mut conn, &id, &Identifiers { email, username: None }, Some("hash"), world.now())
            .await
            .expect("added");
        ids.push(id);
    }
    ids
}

async fn find(world: &World, query: &PeopleQuery) -> Vec<String> {
    let mut conn = world.state.db.read().await.expect("a connection");
    let rows = people::list(&mut conn, query, world.now(), 100).await.expect("read");
    let count = people::count(&mut conn, &query.at(ListPage::First), world.now(), 100).await.expect("counted");
    if query.page == ListPage::First {
        assert_eq!(usize::try_from(count).expect("small"), rows.len(), "what is counted is what is listed");
    }
    rows.into_iter().filter_map(|row| row.email).collect()
}

/// The text between two others.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map_or("", |(found, _)| found)
}

/// Without what differs from one request to the next.
fn without_id(body: &str, id: &str) -> String {
    body.replace(id, "")
}

/// Sends the confirmation that a page shows.
async fn confirm(browser: &mut Browser, path: &str) -> crate::support::Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.location());
    let act = between(&page.body, "name=\"act\" value=\"", "\"").to_owned();
    let ids = between(&page.body, "name=\"ids\" value=\"", "\"").to_owned();
    assert!(!ids.is_empty(), "{}", page.body);
    browser.submit_and_follow("/api/admin_act", &[("act", &act), ("ids", &ids), ("next", path)]).await
}

on_both_engines! {
    /// ASVS 8.2.1, 8.4.2; ux 44: the same answer as for a page that does not exist, and it is written down.
    async fn everybody_else_gets_the_404_of_a_missing_page(world) {
        let admin = world.administrator("admin@example.com").await;
        let mut person = world.sign_up("sam@example.com").await.browser;
        let mut anonymous = world.anonymous();
        let (admin_id, sam) = (world.id_of("admin@example.com").await, world.id_of("sam@example.com").await);
        let person_page = format!("/admin/people/{admin_id}");
        for path in PAGES.into_iter().chain([person_page.as_str()]) {
            for browser in [&mut person, &mut anonymous] {
                let missing = browser.get("/admin/no-such-page-at-all").await;
                let answer = browser.get(path).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
                let [answer, missing] = [answer, missing].map(|answer| {
                    let id = answer.headers["x-request-id"].to_str().expect("text").to_owned();
                    without_id(&answer.body, &id).replace(path, "").replace("/admin/no-such-page-at-all", "")
                });
                let plain = |body: &str| between(body, "<main", "</main>").to_owned();
                assert_eq!(plain(&answer), plain(&missing), "{path}");
                assert!(!answer.contains("Console"), "no hint: {answer}");
            }
        }
        for (action, fields) in [
            ("/api/admin_act", vec![("act", "disable"), ("ids", admin_id.as_str())]),
            ("/api/admin_person", vec![("act", "disable"), ("person", &admin_id)]),
            ("/api/admin_role", vec![("role", "admin"), ("person", &sam)]),
            ("/api/admin_delete", vec![("person", &admin_id), ("confirmation", "admin@example.com")]),
            ("/api/admin_create", vec![("email", "new@example.com")]),
        ] {
            for browser in [&mut person, &mut anonymous] {
                let answer = browser.submit(action, &fields).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
            }
        }
        assert_eq!(events_about(world, &sam, EventKind::AccessDenied).await.len(), 6 + 5);
        let mut browser = admin.browser;
        for path in PAGES.into_iter().chain([person_page.as_str()]) {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        }
        assert!(browser.get("/dashboard").await.says("Console"));
        assert_eq!(browser.get("/admin/people/nobody").await.status, StatusCode::NOT_FOUND);
        assert_eq!(find(world, &PeopleQuery::default()).await.len(), 2, "nobody was added or deleted");
    }

    /// ASVS 7.5.1; ux 44: pages of acts, and the acts, ask for the password again, and lead back.
    async fn a_stale_administrator_shows_the_password_first(world) {
        let mut admin = world.administrator("admin@example.com").await;
        let sam = { world.sign_up("sam@example.com").await; world.id_of("sam@example.com").await };
        world.clock.advance(11 * 60);
        for path in ["/admin", "/admin/people", "/admin/people/done"] {
            assert_eq!(admin.browser.get(path).await.status, StatusCode::OK, "looking is free: {path}");
        }
        let page = format!("/admin/people/{sam}");
        for path in [page.as_str(), "/admin/people/new", "/admin/people/act"] {
            assert_eq!(admin.browser.get(path).await.location(), format!("/account/confirm?next={path}"));
        }
        let answer = admin.browser.act_on(&sam, "disable").await;
        assert_eq!(answer.location(), format!("/account/confirm?next={page}"));
        let selected = format!("/admin/people/act?act=disable&id={}", [sam.as_str(); 25].join("&id="));
        let asked = admin.browser.get(&selected).await;
        assert!(asked.location().starts_with("/account/confirm?next=/admin/people/act%3Fact%3Ddisable%26id%3D"), "{asked:?}");
        assert!(asked.location().len() > 1_000, "a whole page of people is not forgotten");
        let back = admin.browser.submit("/api/confirm_password", &[("password", PASSWORD), ("next", &page)]).await;
        assert_eq!(back.location(), page);
        assert_eq!(admin.browser.act_on(&sam, "disable").await.location(), page);
        assert!(admin.browser.get(&page).await.says("The account is disabled"));
    }

    /// ux 45.
    async fn people_are_found_by_part_of_a_name_and_by_what_they_are(world) {
        world.administrator("admin@example.com").await;
        let ids = add_people(world, 5).await;
        {
            let mut tx = world.state.db.begin().await.expect("begun");
            users::mark_verified(&mut tx, &ids[0], "p00@example.com", world.now()).await.expect("marked");
            users::disable(&mut tx, &ids[1], world.now()).await.expect("disabled");
            users::grant(&mut tx, &ids[2], &Role::parse("editor").expect("a role"), world.now()).await.expect("granted");
            users::note_sign_in(&mut tx, &ids[3], world.now()).await.expect("noted");
            tx.commit().await.expect("committed");
        }
        for _ in 0..12 {
            world.anonymous().sign_in("p04@example.com", OTHER_PASSWORD).await;
        }
        let of = |change: &dyn Fn(&mut PeopleQuery)| {
            let mut query = PeopleQuery::default();
            change(&mut query);
            query
        };
        let only = |name: &str| vec![format!("{name}@example.com")];
        assert_eq!(find(world, &of(&|query| query.text = "p03@ex".into())).await, only("p03"));
        assert_eq!(find(world, &of(&|query| query.text = "p0_@".into())).await, Vec::<String>::new(), "no pattern");
        assert_eq!(find(world, &of(&|query| query.text = "%".into())).await, Vec::<String>::new(), "no pattern");
        assert_eq!(find(world, &of(&|query| query.role = Role::parse("editor"))).await, only("p02"));
        assert_eq!(find(world, &of(&|query| query.role = Some(Role::admin()))).await, only("admin"));
        assert_eq!(find(world, &of(&|query| query.state = Some(PersonState::Disabled))).await, only("p01"));
        assert_eq!(find(world, &of(&|query| query.state = Some(PersonState::Locked))).await, only("p04"));
        assert_eq!(find(world, &of(&|query| query.state = Some(PersonState::Leaving))).await.len(), 0);
        assert_eq!(find(world, &of(&|query| query.state = Some(PersonState::Active))).await.len(), 5);
        assert_eq!(find(world, &of(&|query| query.verified = Some(Verified::No))).await.len(), 4);
        let proven = of(&|query| { query.verified = Some(Verified::Yes); query.sort = PeopleSort::Email; });
        assert_eq!(find(world, &proven).await, ["admin@example.com", "p00@example.com"]);
        let by_sign_in = find(world, &of(&|query| query.sort = PeopleSort::LastSignIn)).await;
        assert_eq!(by_sign_in[..2], ["p03@example.com", "admin@example.com"]);
    }

    /// ux 45: every order, both ways, a page at a time, without a gap or a repetition.
    async fn pages_follow_each_other_in_every_order(world) {
        let ids = add_people(world, 7).await;
        for index in [1, 4, 5] {
            let mut conn = world.state.db.write().await.expect("a connection");
            users::note_sign_in(&mut conn, &ids[index], world.now().plus(-100)).await.expect("noted");
        }
        for sort in PeopleSort::ALL {
            for is_reversed in [false, true] {
                let query = PeopleQuery { sort: *sort, is_reversed, ..PeopleQuery::default() };
                let mut conn = world.state.db.read().await.expect("a connection");
                let whole = people::list(&mut conn, &query, world.now(), 100).await.expect("read");
                assert_eq!(whole.len(), 7);
                let mut paged = people::list(&mut conn, &query, world.now(), 3).await.expect("read");
                while let Some(last) = paged.last() {
                    let next = query.at(ListPage::After(last.id.clone()));
                    let more = people::list(&mut conn, &next, world.now(), 3).await.expect("read");
                    if more.is_empty() {
                        break;
                    }
                    paged.extend(more);
                    assert!(paged.len() <= whole.len(), "nobody comes twice: {sort:?} {is_reversed}");
                }
                assert_eq!(paged, whole, "{sort:?} {is_reversed}");
                let back = query.at(ListPage::Before(whole[5].id.clone()));
                assert_eq!(people::list(&mut conn, &back, world.now(), 3).await.expect("read"), whole[2..5]);
                let gone = query.at(ListPage::Before("gone".into()));
                assert_eq!(people::list(&mut conn, &gone, world.now(), 3).await.expect("read"), whole[..3]);
            }
        }
    }

    async fn the_list_says_how_many_and_leads_on(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        add_people(world, 30).await;
        let first = admin.get("/admin/people").await;
        assert!(first.says("31 people") && first.says("p29@example.com") && !first.says("p04@example.com"), "{}", first.body);
        assert!(first.body.contains("aria-sort=\"descending\"") && !first.says("Previous"));
        let next = between(&first.body, "rel=\"next\" href=\"", "\"").replace("&amp;", "&");
        let second = admin.get(&next).await;
        assert!(second.says("p04@example.com") && !second.says("p05@example.com") && !second.says("Next"), "{}", second.body);
        let previous = between(&second.body, "rel=\"prev\" href=\"", "\"").replace("&amp;", "&");
        let again = admin.get(&previous).await;
        assert!(again.says("p29@example.com") && again.says("p05@example.com") && !again.says("p04@example.com"));
        let nobody = admin.get("/admin/people?q=nobody-is-called-so").await;
        assert!(nobody.says("Nobody matches") && nobody.says("0 people") && nobody.says("Clear"), "{}", nobody.body);
        let escaped = admin.get("/admin/people?q=%22%3E%3Cb%3E").await;
        assert!(!escaped.body.contains("\"><b>"), "{}", escaped.body);
    }

    /// ux 46; ASVS 7.4.2.
    async fn several_are_disabled_with_a_result_for_each(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let own = world.id_of("admin@example.com").await;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        world.sign_up("kim@example.com").await;
        let (sam_id, kim_id) = (world.id_of("sam@example.com").await, world.id_of("kim@example.com").await);
        let path = format!("/admin/people/act?act=disable&id={own}&id={sam_id}&id={kim_id}&q=example");
        let asked = admin.get(&path).await;
        assert!(asked.says("Disable 2 people?") && asked.says("Your own account is left out."), "{}", asked.body);
        world.disable("kim@example.com").await;
        let done = confirm(&mut admin, &path).await;
        assert!(done.says("Done for 1 of 2") && done.says("Nothing to do"), "{}", done.body);
        assert!(!sam.is_signed_in().await);
        let written = events_about(world, &sam_id, EventKind::AccountDisabled).await;
        assert_eq!(written.len(), 1);
        assert_eq!(written[0].content.actor, own);
        assert!(!written[0].content.request_id.is_empty());
        assert_eq!(events_about(world, &kim_id, EventKind::AccountDisabled).await.len(), 0);

        let done = confirm(&mut admin, &path.replace("disable", "enable")).await;
        assert!(done.says("Done for 2 of 3"), "{}", done.body);
        let own_tried = admin.submit("/api/admin_act", &[("act", "disable"), ("ids", &own)]).await;
        assert_eq!(own_tried.location(), "/admin/people/done");
        assert!(admin.get("/admin/people/done").await.says("Refused: your own account"));
        assert!(admin.get("/admin/people/act?act=disable").await.says("Nobody is selected"));
    }

    /// ux 46: all that match are those that were listed, whatever changed meanwhile.
    async fn all_that_match_are_those_that_were_shown(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let ids = add_people(world, 30).await;
        let path = "/admin/people/act?act=send_reset_mail&all=true&q=p";
        let page = admin.get("/admin/people?q=p").await;
        assert!(page.says("Go on with all 31 that match") || page.says("Go on with all 30 that match"), "{}", page.body);
        let query = "/admin/people/act?act=disable&all=true&q=p1";
        assert!(admin.get(query).await.says("Disable 10 people?"));
        let done = confirm(&mut admin, query).await;
        assert!(done.says("Done for 10 of 10"), "{}", done.body);
        let done = confirm(&mut admin, path).await;
        assert!(done.says("the account is disabled"), "{}", done.body);
        assert_eq!(world.mail_to("p00@example.com").await[0].subject, "Choose a new password for Latchkey");
        assert!(world.mail_to("p10@example.com").await.is_empty(), "disabled");
        assert_eq!(events_about(world, &ids[0], EventKind::LinkSent).await.len(), 1);
    }

    /// Never half done silently: a demotion in the middle stops the act, and what was not done stays undone.
    async fn who_is_no_administrator_any_more_goes_no_further(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let own = world.id_of("admin@example.com").await;
        let ids = add_people(world, 3).await;
        {
            let mut conn = world.state.db.write().await.expect("a connection");
            users::grant(&mut conn, &ids[2], &Role::admin(), world.now()).await.expect("granted");
            users::revoke(&mut conn, &own, &Role::admin()).await.expect("revoked");
        }
        for answer in [
            admin.submit("/api/admin_act", &[("act", "disable"), ("ids", &ids[0])]).await,
            admin.act_on(&ids[0], "disable").await,
            admin.get("/admin/people").await,
        ] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(events_about(world, &ids[0], EventKind::AccountDisabled).await.len(), 0);
        // Below the page: a request that was let in a moment before the demotion.
        let request = latchkey::server::request_info::RequestInfo::default();
        let live = own_sessions::live(&mut world.state.db.read().await.expect("a connection"), &own, world.now(), 1).await;
        let session = live.expect("read").remove(0).id;
        let actor = latchkey::server::flows::manage::Actor::Administrator { user_id: &own, session_id: &session, request: &request };
        let refused = latchkey::server::flows::manage::access::disable(&world.state, actor, &ids[0]).await;
        assert!(refused.is_err(), "checked in the transaction of the act");
    }

    /// ASVS 2.3.4, 15.4.2.
    async fn two_demotions_at_once_leave_one_administrator(world) {
        let first = world.administrator("admin@example.com").await;
        world.sign_up("kim@example.com").await;
        let (one, other) = (world.id_of("admin@example.com").await, world.id_of("kim@example.com").await);
        let mut first = first.browser;
        for act in ["revoke", "disable", "delete"] {
            first.change_role(&other, "admin", "grant").await;
            let mut second = world.anonymous();
            second.sign_in("kim@example.com", PASSWORD).await;
            let mut attempts = tokio::task::JoinSet::new();
            for (browser, target, email) in [(first.clone(), other.clone(), "kim@example.com"), (second, one.clone(), "admin@example.com")] {
                attempts.spawn(async move {
                    let mut browser = browser;
                    match act {
                        "revoke" => browser.change_role(&target, "admin", "revoke").await,
                        "disable" => browser.act_on(&target, "disable").await,
                        _ => browser.submit("/api/admin_delete", &[("person", &target), ("confirmation", email)]).await,
                    };
                });
            }
            attempts.join_all().await;
            let mut conn = world.state.db.write().await.expect("a connection");
            let mut left = 0;
            for id in [&one, &other] {
                let is_active = users::find(&mut conn, id).await.expect("read").is_some_and(|user| user.is_active());
                let roles = users::roles(&mut conn, id).await.expect("read");
                left += u32::from(is_active && roles.contains(&Role::admin()));
            }
            assert_eq!(left, 1, "{act}");
            if act == "delete" {
                break;
            }
            for id in [&one, &other] {
                users::enable(&mut conn, id).await.expect("enabled");
            }
            users::grant(&mut conn, &one, &Role::admin(), world.now()).await.expect("granted");
            drop(conn);
            first = world.anonymous();
            first.sign_in("admin@example.com", PASSWORD).await;
        }
    }

    async fn two_disables_at_once_are_one(world) {
        let admin = world.administrator("admin@example.com").await.browser;
        let sam = { world.sign_up("sam@example.com").await; world.id_of("sam@example.com").await };
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (mut browser, sam) = (admin.clone(), sam.clone());
            attempts.spawn(async move { browser.act_on(&sam, "disable").await.status });
        }
        assert!(attempts.join_all().await.into_iter().all(|status| status == StatusCode::SEE_OTHER));
        assert_eq!(events_about(world, &sam, EventKind::AccountDisabled).await.len(), 1);
    }

    /// The last administrator stays, and the try is written down.
    async fn the_last_administrator_can_do_nothing_to_themselves(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let own = world.id_of("admin@example.com").await;
        let page = format!("/admin/people/{own}");
        assert_eq!(admin.change_role(&own, "admin", "revoke").await.location(), page);
        assert!(admin.get(&page).await.says("This is the last administrator"));
        let fields = [("person", own.as_str()), ("confirmation", "admin@example.com"), ("next", &page)];
        assert_eq!(admin.submit("/api/admin_delete", &fields).await.location(), page);
        assert!(admin.get(&page).await.says("This is the last administrator"));
        let written = events_about(world, &own, EventKind::RoleRevoked).await;
        assert_eq!((written.len(), written[0].content.outcome.as_str()), (1, "failure"));
    }

    /// ux 48; ASVS 8.3.2.
    async fn a_role_is_in_force_with_the_next_request(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let id = world.id_of("sam@example.com").await;
        let page = format!("/admin/people/{id}");
        assert_eq!(admin.change_role(&id, "Not A Role", "grant").await.location(), page);
        let refused = admin.get(&page).await;
        assert!(refused.says("Use 1 to 32 lower-case letters") && refused.says("There is a problem"), "{}", refused.body);
        admin.change_role(&id, "admin", "grant").await;
        let shown = admin.get(&page).await;
        assert!(shown.says("The role is given.") && shown.says("Role given"), "{}", shown.body);
        assert_eq!(sam.get("/admin").await.status, StatusCode::OK);
        admin.change_role(&id, "admin", "revoke").await;
        assert_eq!(sam.get("/admin").await.status, StatusCode::NOT_FOUND);
    }

    /// ux 48; ASVS 7.4.5, 8.2.2.
    async fn sessions_are_ended_one_or_all(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let own = world.id_of("admin@example.com").await;
        let mut laptop = world.sign_up("sam@example.com").await.browser;
        let mut phone = world.anonymous();
        phone.sign_in("sam@example.com", PASSWORD).await;
        let id = world.id_of("sam@example.com").await;
        let page = format!("/admin/people/{id}");
        let shown = admin.get(&page).await;
        assert!(shown.says("Chrome on Linux") && shown.says("192.0.2.7"), "{}", shown.body);
        let newest = between(&shown.body, "name=\"session\" value=\"", "\"").to_owned();
        let fields = |person: &str| [("act", "end_sessions".to_owned()), ("person", person.to_owned()), ("session", newest.clone())];
        let owned = |fields: [(&'static str, String); 3]| fields;
        let others = owned(fields(&own));
        let others: Vec<(&str, &str)> = others.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(admin.submit("/api/admin_person", &others).await.status, StatusCode::NOT_FOUND, "not theirs");
        let theirs = owned(fields(&id));
        let theirs: Vec<(&str, &str)> = theirs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert!(admin.submit_and_follow("/api/admin_person", &theirs).await.says("The session has ended."));
        assert!(!phone.is_signed_in().await && laptop.is_signed_in().await);
        admin.act_on(&id, "end_sessions").await;
        assert!(!laptop.is_signed_in().await);
        let written = events_about(world, &id, EventKind::SessionEnded).await;
        assert_eq!(written.len(), 2);
        assert!(written.iter().all(|event| event.content.actor == own && event.content.detail.contains("ended_by_administrator")));
        admin.act_on(&own, "end_sessions").await;
        assert!(admin.is_signed_in().await, "the session that asks goes on");
    }

    /// ASVS 6.4.6; ux 48: a link by mail, and the administrator sees neither it nor a password.
    async fn a_reset_is_mailed_and_never_shown(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        world.sign_up("sam@example.com").await;
        let id = world.id_of("sam@example.com").await;
        admin.act_on(&id, "send_reset_mail").await;
        let page = admin.get(&format!("/admin/people/{id}")).await;
        assert!(page.says("A mail with a link to choose a password is on its way.") && !page.body.contains("token"), "{}", page.body);
        assert!(!page.body.contains("type=\"password\""));
        let mail = world.mail_to("sam@example.com").await.into_iter().find(|mail| mail.subject.starts_with("Choose")).expect("a mail");
        assert!(!mail.body.contains("192.0.2.7"), "an administrator's address is nobody's business: {}", mail.body);
        let mut browser = world.anonymous();
        browser.visit(&mail.link()).await;
        let done = browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        assert_eq!(done.location(), "/sign-in");
        assert_eq!(world.anonymous().sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/dashboard");
    }

    async fn an_invitation_lets_somebody_choose_a_password_for_a_week(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let fields = [("email", "kim@example.com"), ("roles", "editor, writer"), ("invite", "true")];
        let page = admin.submit_and_follow("/api/admin_create", &fields).await;
        for text in ["kim@example.com", "the invitation is on its way", "editor", "writer", "Invited", "unconfirmed"] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        let again = admin.submit_and_follow("/api/admin_create", &[("email", "KIM@example.com")]).await;
        assert!(again.says("Somebody has this e-mail address"), "{}", again.body);
        let nonsense = admin.submit_and_follow("/api/admin_create", &[("email", "kim"), ("roles", "x")]).await;
        assert!(nonsense.says("Enter an e-mail address like"), "{}", nonsense.body);
        let role = admin.submit_and_follow("/api/admin_create", &[("email", "lee@example.com"), ("roles", "No Role")]).await;
        assert!(role.says("Use 1 to 32 lower-case letters"), "{}", role.body);

        let mail = world.mail_to("kim@example.com").await.remove(0);
        assert_eq!(mail.subject, "You are invited to Latchkey");
        assert_eq!(world.anonymous().sign_in("kim@example.com", PASSWORD).await.location(), "/sign-in");
        world.clock.advance(7 * 86_400 - 60);
        let mut browser = world.anonymous();
        let page = browser.visit(&mail.link()).await;
        assert!(page.says("Choose your password") && !page.says("Every session ends"), "there is none yet: {}", page.body);
        assert_eq!(browser.submit("/api/reset_password", &[("new_password", PASSWORD)]).await.location(), "/sign-in");
        assert_eq!(browser.sign_in("kim@example.com", PASSWORD).await.location(), "/dashboard");
        let id = world.id_of("kim@example.com").await;
        assert_eq!(events_about(world, &id, EventKind::Invited).await.len(), 1);
    }

    async fn an_invitation_is_dead_after_a_week(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        admin.submit("/api/admin_create", &[("email", "kim@example.com"), ("invite", "true")]).await;
        let link = world.mail_to("kim@example.com").await.remove(0).link();
        world.clock.advance(7 * 86_400);
        assert!(world.anonymous().visit(&link).await.says("does not work"));
    }

    async fn an_account_without_an_invitation_waits_for_its_owner(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let page = admin.submit_and_follow("/api/admin_create", &[("email", "kim@example.com")]).await;
        assert!(page.says("The account is made.") && !page.body.contains("token"), "{}", page.body);
        assert!(world.mail_to("kim@example.com").await.is_empty());
        world.anonymous().submit("/api/forgot_password", &[("email", "kim@example.com")]).await;
        assert_eq!(world.mail_to("kim@example.com").await.len(), 1);
    }

    async fn an_account_is_deleted_when_its_name_is_typed(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let id = world.id_of("sam@example.com").await;
        let page = format!("/admin/people/{id}");
        let typed = |text: &'static str| [("person", id.clone()), ("confirmation", text.to_owned()), ("next", page.clone())];
        let wrong = typed("sam");
        let wrong: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = admin.submit_and_follow("/api/admin_delete", &wrong).await;
        assert!(refused.says("Type exactly what is shown above") && sam.is_signed_in().await, "{}", refused.body);
        let right = typed("SAM@example.com ");
        let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = admin.submit_and_follow("/api/admin_delete", &right).await;
        assert!(done.says("The account is deleted.") && !done.says("sam@example.com"), "{}", done.body);
        assert!(!sam.is_signed_in().await);
        assert_eq!(admin.get(&page).await.status, StatusCode::NOT_FOUND);
        assert_eq!(events_about(world, &id, EventKind::AccountDeleted).await.len(), 1);
        assert!(admin.get("/admin").await.says("a deleted account"));
        world.sign_up("sam@example.com").await;
    }

    /// ux 50.
    /// WCAG 2.2.1, ASVS 8.2.1: who had it open learns what happened; to everybody else it is still not there.
    async fn an_administrator_whose_session_ran_out_is_asked_to_sign_in(world) {
        let admin = world.administrator("ada@example.com").await.browser;
        let mut person = world.sign_up("sam@example.com").await.browser;
        let mut left = world.anonymous();
        left.sign_in("ada@example.com", PASSWORD).await;
        let before = left.clone();
        left.submit("/api/sign_out", &[]).await;
        world.clock.advance(31 * 60);
        assert_eq!(admin.clone().get("/admin/people").await.location(), "/sign-in?next=/admin/people");
        assert!(admin.clone().visit("/admin/people").await.says("your session expired"), "what happened");
        for (mut browser, who) in [(person.clone(), "a person"), (before, "who signed out"), (world.anonymous(), "a stranger")] {
            assert_eq!(browser.get("/admin/people").await.status, StatusCode::NOT_FOUND, "{who}");
        }
        assert_eq!(admin.clone().get("/admin/none").await.status, StatusCode::NOT_FOUND);
        person.sign_in("sam@example.com", PASSWORD).await;
        world.disable("ada@example.com").await;
        assert_eq!(admin.clone().get("/admin/people").await.status, StatusCode::NOT_FOUND, "who is disabled");
    }

    async fn what_one_request_did_in_pieces_deserves_one_look(world) {
        let mut admin = world.administrator("ada@example.com").await.browser;
        for request in ["one", "one", "one", "other"] {
            let request = RequestInfo { id: request.into(), ..RequestInfo::default() };
            Event::of(EventKind::RecordsDeleted, &request).record_alone(&world.state).await.expect("written");
        }
        let page = admin.get("/admin").await;
        assert_eq!(page.body.matches("Records deleted").count(), 2, "{}", page.body);
    }

    async fn the_overview_shows_each_day_and_what_deserves_a_look(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let calm = admin.get("/admin").await;
        assert!(calm.says("0 sign-ins and 0 failures in 30 days."), "{}", calm.body);
        assert_eq!(calm.body.matches("class=\"chart-day\"").count(), 30, "zero days are shown");
        let today = events::day_of(world.now());
        {
            let mut tx = world.state.db.begin().await.expect("begun");
            for (day, kind, count) in [(today, "signed_in", 40), (today - 29, "sign_in_failed", 1_000), (today - 30, "signed_in", 7)] {
                events::count_day(&mut tx, day, kind, "success", count).await.expect("counted");
            }
            tx.commit().await.expect("committed");
        }
        for index in 0..24 {
            let name = if index % 2 == 0 { "nobody@example.com".into() } else { format!("nobody{index}@example.com") };
            world.anonymous().sign_in(&name, OTHER_PASSWORD).await;
        }
        world.sign_up("sam@example.com").await.browser.get("/admin").await;
        let page = admin.get("/admin").await;
        for text in ["40 sign-ins and 1,000 failures in 30 days.", "Too many tries", "Access denied", "failed sign-ins within a day", "sam@example.com"] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        assert!(page.body.contains("role=\"img\"") && !page.body.contains("style=\""), "a picture that the policy allows");
    }

    /// ASVS 7.4.1, 15.4.2: whose session was ended a moment ago does nothing more, whatever was under way.
    async fn nothing_is_done_from_a_session_that_has_ended(world) {
        world.administrator("admin@example.com").await;
        let ids = add_people(world, 1).await;
        let mut conn = world.state.db.write().await.expect("a connection");
        let own = users::find_by_email_key(&mut conn, "admin@example.com").await.expect("read").expect("there").id;
        let session = own_sessions::live(&mut conn, &own, world.now(), 1).await.expect("read").remove(0).id;
        assert!(sessions::end_by_id(&mut conn, &session, EndReason::Revoked, world.now()).await.expect("ended"));
        drop(conn);
        let request = latchkey::server::request_info::RequestInfo::default();
        let actor = latchkey::server::flows::manage::Actor::Administrator { user_id: &own, session_id: &session, request: &request };
        assert!(latchkey::server::flows::manage::access::disable(&world.state, actor, &ids[0]).await.is_err());
        assert_eq!(events_about(world, &ids[0], EventKind::AccountDisabled).await.len(), 0);
    }
}

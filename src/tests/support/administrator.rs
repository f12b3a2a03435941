//! An administrator, as the set-up link makes one.

use latchkey::server::{flows::set_up, storage::users};

use super::{Browser, PASSWORD, SignedIn, World};

impl World {
    /// The first administrator, signed in.
    pub async fn administrator(&self, email: &str) -> SignedIn {
        let link = set_up::make_link(&self.state).await.expect("made").expect("no administrator yet");
        let mut browser = self.anonymous();
        browser.visit(&link[url::Position::BeforePath..]).await;
        let made = browser.submit("/api/set_up", &[("email", email), ("new_password", PASSWORD)]).await;
        assert_eq!(made.location(), "/dashboard", "{made:?}");
        SignedIn { browser, email: email.to_owned(), password: PASSWORD.to_owned() }
    }

    /// The id of a person.
    pub async fn id_of(&self, email: &str) -> String {
        let mut conn = self.state.db.read().await.expect("a connection");
        users::find_by_email_key(&mut conn, email).await.expect("read").expect("there").id
    }
}

impl Browser {
    /// Gives or takes a role, from the person's page.
    pub async fn change_role(&mut self, person: &str, role: &str, change: &str) -> super::Answer {
        let next = format!("/admin/people/{person}");
        let fields = [("person", person), ("role", role), ("change", change), ("next", &next)];
        self.submit("/api/admin_role", &fields).await
    }

    /// Acts on one person, from their page.
    pub async fn act_on(&mut self, person: &str, act: &str) -> super::Answer {
        let next = format!("/admin/people/{person}");
        self.submit("/api/admin_person", &[("person", person), ("act", act), ("next", &next)]).await
    }
}

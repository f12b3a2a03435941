//! `/dev/style`: every piece of the interface in every state, for a developer to look at. Its texts stand here: nobody else
//! reads them. Must not exist in production, and nothing on it does anything but the choice of colours.

use leptos::prelude::*;

use crate::{
    components::{
        checkbox::Checkbox,
        error_summary::ErrorSummary,
        mark::{Mark, MarkSign},
        notice::NoticeBox,
        password_input::PasswordField,
        text_field::TextField,
        time::Time,
        verdict::Verdict,
    },
    domain::{
        error::AuthError,
        field::{Field, FieldError, Problem},
        moment::Moment,
        site::Site,
        strength::{Reason, Strength},
        visit::Visit,
    },
    words,
};

use super::frame::{Surroundings, Visitor, ways};

/// The whole document.
#[must_use]
pub fn document(site: &Site, visit: &Visit) -> String {
    super::whole_document("Style", site, visit, || {
        view! {
            <Surroundings visitor=Visitor::Unknown is_wide=true>
                <h1>"Style"</h1>
                <p class="lead">"Every piece in every state. The choice of colours is in the footer, as everywhere."</p>
                <div class="cards">
                    <Texts />
                    <Messages />
                    <Buttons />
                    <Fields />
                    <Passwords />
                    <Meters />
                    <Cards />
                </div>
            </Surroundings>
        }
        .into_any()
    })
}

#[component]
fn Section(id: &'static str, heading: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <h2 id=id>{heading}</h2>
            {children()}
        </section>
    }
}

#[component]
fn Texts() -> impl IntoView {
    let marks = [Mark::Mail, Mark::Done, Mark::Broken, Mark::Lost];
    view! {
        <Section id="texts" heading="Texts">
            <p>{marks.map(|mark| view! { <MarkSign mark /> " " })}</p>
            <p>"A paragraph with " <a href="#texts">"a link"</a> ", " <strong>"something strong"</strong> " and " <code>"code"</code> "."</p>
            <p class="lead">"What leads into a page, with " <strong dir="ltr">"sam@example.com"</strong> " in it."</p>
            <p class="hint">"What helps before typing."</p>
            <p class="aside">"Beside the matter: " <a href="#texts">"another way"</a></p>
            <p dir="ltr" class="wrap">"a.rather.long.name.for.the.person.at.this.desk@department-of-long-names.example.com"</p>
        </Section>
    }
}

#[component]
fn Messages() -> impl IntoView {
    let fields = vec![
        FieldError { field: Field::Username, problem: Problem::UsernameShape },
        FieldError { field: Field::Password, problem: Problem::Missing },
    ];
    view! {
        <Section id="messages" heading="Messages">
            <NoticeBox sentence="Something to know." />
            <NoticeBox sentence="Something went well." is_success=true />
            <p class="notice notice-warning">"Something to do: " <a href="#messages">"do it now"</a></p>
            <ErrorSummary error=Some(AuthError::Fields { fields }) ways=ways() />
            <p><span class="badge">"Badge"</span> " " <span class="badge badge-warning">"Warning"</span></p>
        </Section>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    view! {
        <Section id="buttons" heading="Buttons">
            <p class="actions">
                <button class="button" type="button">"Primary"</button>
                <button class="button" type="button" aria-busy="true" aria-disabled="true">"Busy"</button>
            </p>
            <p class="actions">
                <button class="button button-secondary" type="button">"Secondary"</button>
                <button class="button button-secondary" type="button" aria-busy="true" aria-disabled="true">"Busy"</button>
            </p>
            <p class="actions">
                <a class="button" href="#buttons">"A link as one"</a>
                <a href="#buttons">"A link beside it"</a>
            </p>
            <p class="actions">
                <button class="button button-quiet" type="button">"Quiet"</button>
            </p>
        </Section>
    }
}

#[component]
fn Fields() -> impl IntoView {
    let errors = vec![FieldError { field: Field::Username, problem: Problem::UsernameShape }];
    view! {
        <Section id="fields" heading="Fields">
            <div class="form">
                <TextField field=Field::Email label="Empty" autocomplete="off" value=String::new() errors=Vec::new() />
                <TextField
                    field=Field::Identifier
                    label="Filled in, with a hint"
                    hint="What helps before typing."
                    autocomplete="off"
                    value="sam@example.com".to_owned()
                    errors=Vec::new()
                />
                <TextField field=Field::Username label="Refused" autocomplete="off" value="-sam".to_owned() errors />
                <Checkbox name="unticked" label="Not ticked" checked=false />
                <Checkbox name="ticked" label="Ticked, with a label that is long enough to take a second line" checked=true />
            </div>
        </Section>
    }
}

#[component]
fn Passwords() -> impl IntoView {
    let errors = vec![FieldError { field: Field::Password, problem: Problem::Missing }];
    view! {
        <Section id="passwords" heading="Passwords">
            <div class="form">
                <PasswordField
                    field=Field::NewPassword
                    label="With a hint"
                    hint=(words::new_account().password_hint)(8)
                    autocomplete="off"
                    errors=Vec::new()
                />
                <PasswordField field=Field::Password label="Refused" autocomplete="off" errors />
                <div class="field">
                    <label for="shown">"Filled in, shown"</label>
                    <div class="password">
                        <input class="input" id="shown" type="text" dir="ltr" value="marble trolley unseen kettle" readonly />
                        <button class="toggle" type="button" aria-label=words::password_input().hide_password>
                            {words::password_input().hide}
                        </button>
                    </div>
                </div>
            </div>
        </Section>
    }
}

#[component]
fn Meters() -> impl IntoView {
    let reasons = [Some(Reason::CommonPassword), Some(Reason::Keyboard), Some(Reason::TooLittle), None, None];
    let meters = (0..).zip(reasons).map(|(score, reason)| {
        let strength = Signal::stored(Some(Strength { score, reason }));
        view! { <Verdict strength /> }
    });
    view! {
        <Section id="meters" heading="Strength">
            {meters.collect_view()}
        </Section>
    }
}

#[component]
fn Cards() -> impl IntoView {
    view! {
        <Section id="details" heading="Details">
            <dl class="details">
                <div>
                    <dt>"When"</dt>
                    <dd><Time at=Moment(1_795_203_960) /></dd>
                </div>
                <div>
                    <dt>"Address"</dt>
                    <dd><span dir="ltr" class="wrap">"2001:db8:1234:5678:9abc:def0:1234:5678"</span></dd>
                </div>
            </dl>
            <p class="empty">"Nothing here yet. This is where it will be."</p>
        </Section>
    }
}

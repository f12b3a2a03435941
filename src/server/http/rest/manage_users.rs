//! What the console does with people, for administrators' programs. Must not choose a password for anybody (ASVS 6.4.6).

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema, openapi::Schema};

use crate::{
    domain::{
        console::{Act, ActResult, PeopleQuery, PeopleSort, PersonLine, PersonState, SessionLine, Total, Verified},
        error::AuthError,
        field::{Field, FieldError, Problem},
        moment::Moment,
        query::{self, ListPage},
        role::Role,
        scope::Scope,
    },
    server::{
        flows::manage::{
            Actor,
            accounts::{self, NewPerson},
            acts, look, roles, session_ends,
        },
        http::bearer::{AdminRead, AdminWrite, RequireScope},
        request_info::RequestInfo,
        state::AppState,
    },
};

use super::{
    document::{MANAGE, one_of},
    input::{self, Body, Id, IdAnd, Parameters},
    problem::Refusal,
};

impl RequireScope<AdminWrite> {
    /// The administrator as who does something to somebody else's account.
    pub(super) fn actor<'a>(&'a self, request: &'a RequestInfo) -> Actor<'a> {
        Actor::Administrator { user_id: &self.id, session_id: &self.session.id, request }
    }
}

/// Which people are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeopleFilter {
    /// Part of an e-mail address or user name.
    #[serde(default)]
    q: String,
    /// Those who hold a role.
    role: Option<String>,
    /// Those whose address was proven, or was not.
    #[param(schema_with = verified)]
    verified: Option<String>,
    /// Those in a state.
    #[param(schema_with = states)]
    state: Option<String>,
    /// What they are sorted by; `joined` if it is not said.
    #[param(schema_with = sorts)]
    sort: Option<String>,
    /// `reversed` turns the order round.
    #[param(schema_with = orders)]
    order: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// `previous` of the page after.
    before: Option<String>,
}

fn verified() -> Schema {
    one_of(Verified::ALL.iter().map(|one| one.as_str()))
}
fn states() -> Schema {
    one_of(PersonState::ALL.iter().map(|one| one.as_str()))
}
fn sorts() -> Schema {
    one_of(PeopleSort::ALL.iter().map(|one| one.as_str()))
}
fn orders() -> Schema {
    one_of(["reversed"])
}
fn act_names() -> Schema {
    one_of(Act::ALL.iter().map(|one| one.as_str()))
}

/// A value of a parameter, if it is one.
pub(super) fn known<T>(given: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
    given.map(|given| parse(given).ok_or(Refusal(AuthError::MalformedQuery))).transpose()
}

impl PeopleFilter {
    fn query(&self) -> Result<PeopleQuery, Refusal> {
        Ok(PeopleQuery {
            role: known(self.role.as_deref(), Role::parse)?,
            verified: known(self.verified.as_deref(), Verified::parse)?,
            state: known(self.state.as_deref(), PersonState::parse)?,
            sort: known(self.sort.as_deref(), PeopleSort::parse)?.unwrap_or(PeopleSort::Joined),
            is_reversed: known(self.order.as_deref(), |order| (order == "reversed").then_some(()))?.is_some(),
            page: input::page(self.after.as_deref(), self.before.as_deref())?,
            ..PeopleQuery::parse([("q", self.q.as_str())])
        })
    }
}

/// A person, as administrators see them.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// Never reassigned.
    id: String,
    /// The e-mail address, if there is one.
    email: Option<String>,
    /// Whether the address was proven; null where there is none.
    email_verified: Option<bool>,
    /// The user name, if there is one.
    username: Option<String>,
    /// What they may do.
    roles: Vec<String>,
    /// Whether they can sign in.
    #[schema(schema_with = states)]
    state: &'static str,
    /// When the account was made (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
    /// When they last signed in (RFC 3339), if they ever did.
    #[schema(format = DateTime)]
    last_sign_in_at: Option<String>,
}

impl From<PersonLine> for Person {
    fn from(line: PersonLine) -> Self {
        Self {
            id: line.id,
            email: line.email,
            email_verified: line.is_verified,
            username: line.username,
            roles: line.roles.into_iter().map(String::from).collect(),
            state: line.state.as_str(),
            created_at: line.joined.rfc3339(),
            last_sign_in_at: line.last_sign_in.map(Moment::rfc3339),
        }
    }
}

/// How many there are.
#[derive(Serialize, ToSchema)]
pub struct Count {
    /// So many.
    count: u32,
    /// Whether it is exactly so many, or more that were not counted.
    exact: bool,
}

impl From<Total> for Count {
    fn from(total: Total) -> Self {
        match total {
            Total::Exactly(count) => Self { count, exact: true },
            Total::MoreThan(count) => Self { count, exact: false },
        }
    }
}

/// Where a page beside this one begins.
pub(super) fn cursor(page: Option<ListPage>) -> Option<String> {
    match page? {
        ListPage::After(id) | ListPage::Before(id) => Some(id),
        ListPage::First => None,
    }
}

/// A page of people.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// At most 25.
    users: Vec<Person>,
    /// On all pages.
    total: Count,
    /// `before` of the page before, if there is one.
    previous: Option<String>,
    /// `after` of the page after, if there is one.
    next: Option<String>,
}

/// People
#[utoipa::path(
    get, path = "/manage/users", tag = MANAGE, security(("bearer" = ["admin:read"])), params(PeopleFilter),
    responses((status = 200, body = People))
)]
pub async fn list(
    State(state): State<AppState>,
    _: RequireScope<AdminRead>,
    Parameters(filter): Parameters<PeopleFilter>,
) -> Result<Json<People>, Refusal> {
    let data = look::people(&state, filter.query()?).await?;
    Ok(Json(People {
        users: data.people.into_iter().map(Person::from).collect(),
        total: data.total.into(),
        previous: cursor(data.previous),
        next: cursor(data.next),
    }))
}

/// Who is to have an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddedUser {
    /// The e-mail address, where this site asks for one.
    #[serde(default)]
    #[schema(required = false, format = "email", example = "sam@example.com")]
    email: String,
    /// The user name, where this site asks for one.
    #[serde(default)]
    #[schema(required = false)]
    username: String,
    /// What they may do.
    #[serde(default)]
    #[schema(required = false)]
    roles: Vec<String>,
    /// Whether a mail is sent with which they choose their password.
    #[serde(default)]
    #[schema(required = false)]
    invite: bool,
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct CreatedUser {
    /// Names it.
    id: String,
}

/// Add a person
///
/// Without a password: they choose it with the invitation, or with "forgot". An administrator is added with the token of a sign-in
/// alone, not with a personal one.
#[utoipa::path(
    post, path = "/manage/users", tag = MANAGE, security(("bearer" = ["admin:write"])), request_body = AddedUser,
    responses((status = 201, description = "The account is made", body = CreatedUser))
)]
pub async fn create(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    Body(new): Body<AddedUser>,
) -> Result<(StatusCode, Json<CreatedUser>), Refusal> {
    if new.roles.iter().any(|role| Role::parse(role).is_none()) {
        return Err(AuthError::from(FieldError { field: Field::Roles, problem: Problem::RoleShape }).into());
    }
    if new.roles.iter().any(|role| role == Role::ADMIN) {
        administrator.0.needs(Scope::Tokens)?;
    }
    let new =
        NewPerson { email: new.email, username: new.username, roles: new.roles.join(" "), is_invited: new.invite };
    let id = accounts::create(&state, administrator.actor(&request), &request, new).await?;
    Ok((StatusCode::CREATED, Json(CreatedUser { id })))
}

/// A live session of a person.
#[derive(Serialize, ToSchema)]
pub struct PersonSession {
    /// Names it; opens nothing.
    id: String,
    /// Browser and system in words.
    device: String,
    /// The client's address.
    address: String,
    /// When it began (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last heard of (RFC 3339).
    #[schema(format = DateTime)]
    last_seen_at: String,
}

impl From<SessionLine> for PersonSession {
    fn from(line: SessionLine) -> Self {
        Self {
            id: line.id,
            device: line.device,
            address: line.address,
            created_at: line.since.rfc3339(),
            last_seen_at: line.last_seen.rfc3339(),
        }
    }
}

/// A person with their live sessions.
#[derive(Serialize, ToSchema)]
pub struct PersonDetail {
    /// Who they are.
    #[serde(flatten)]
    person: Person,
    /// Live sessions, newest first, at most 20.
    sessions: Vec<PersonSession>,
}

/// A person
#[utoipa::path(
    get, path = "/manage/users/{id}", tag = MANAGE, security(("bearer" = ["admin:read"])),
    params(("id" = String, Path, description = "Names the person")),
    responses((status = 200, body = PersonDetail), (status = 404, description = "There is no such person"))
)]
pub async fn show(
    State(state): State<AppState>,
    administrator: RequireScope<AdminRead>,
    Id(id): Id,
) -> Result<Json<PersonDetail>, Refusal> {
    let data = look::person(&state, &administrator, &id).await?;
    let sessions = data.sessions.into_iter().map(PersonSession::from).collect();
    Ok(Json(PersonDetail { person: data.person.into(), sessions }))
}

/// Delete a person with everything that is their own
///
/// What happened stays in the audit log.
#[utoipa::path(
    delete, path = "/manage/users/{id}", tag = MANAGE, security(("bearer" = ["admin:write"])),
    params(("id" = String, Path, description = "Names the person")),
    responses(
        (status = 204, description = "The account is gone"),
        (status = 404, description = "There is no such person"),
        (status = 409, description = "It is the administrator's own account, or there would be no administrator left"),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    if administrator.id == id {
        return Err(AuthError::ActRefused { result: ActResult::OwnAccount }.into());
    }
    accounts::delete(&state, administrator.actor(&request), &id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What became of an act.
#[derive(Serialize, ToSchema)]
pub struct ActAnswer {
    /// Whether it changed anything.
    changed: bool,
}

/// Which act is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes parts of the path")]
pub struct ActPath {
    /// Names the person.
    id: String,
    /// What to do.
    #[param(schema_with = act_names)]
    act: String,
}

/// Act on a person
///
/// `disable`, `enable`, `end_sessions` or `send_reset_mail`.
#[utoipa::path(
    post, path = "/manage/users/{id}/{act}", tag = MANAGE, security(("bearer" = ["admin:write"])),
    params(ActPath),
    responses(
        (status = 200, description = "It is so", body = ActAnswer),
        (status = 404, description = "There is no such person"),
        (status = 409, description = "This account does not allow it"),
    )
)]
pub async fn act(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    IdAnd(id, act): IdAnd,
) -> Result<Json<ActAnswer>, Refusal> {
    let act = Act::parse(&act).ok_or(AuthError::NotFound)?;
    match acts::on_one(&state, administrator.actor(&request), &request, act, &id).await? {
        ActResult::Done => Ok(Json(ActAnswer { changed: true })),
        ActResult::Unchanged => Ok(Json(ActAnswer { changed: false })),
        ActResult::LastAdministrator => Err(AuthError::LastAdministrator.into()),
        ActResult::Gone => Err(AuthError::NotFound.into()),
        result => Err(AuthError::ActRefused { result }.into()),
    }
}

/// The role of a path. Who administers is not for personal tokens to say: a leaked one could make its finder an administrator.
fn role(name: &str, administrator: &RequireScope<AdminWrite>) -> Result<Role, Refusal> {
    let role = Role::parse(name).ok_or(AuthError::NotFound)?;
    if role == Role::admin() {
        administrator.0.needs(Scope::Tokens)?;
    }
    Ok(role)
}

/// Give a person a role
///
/// The role admin with the token of a sign-in alone, not with a personal one.
#[utoipa::path(
    put, path = "/manage/users/{id}/roles/{role}", tag = MANAGE, security(("bearer" = ["admin:write"])),
    params(
        ("id" = String, Path, description = "Names the person"),
        ("role" = String, Path, description = "1 to 32 lower-case letters, digits, dashes or underscores"),
    ),
    responses(
        (status = 204, description = "They hold it"),
        (status = 404, description = "There is no such person, or no such role can be"),
    )
)]
pub async fn grant(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    IdAnd(id, name): IdAnd,
) -> Result<StatusCode, Refusal> {
    let role = role(&name, &administrator)?;
    roles::grant(&state, administrator.actor(&request), &id, &role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a role from a person
#[utoipa::path(
    delete, path = "/manage/users/{id}/roles/{role}", tag = MANAGE, security(("bearer" = ["admin:write"])),
    params(
        ("id" = String, Path, description = "Names the person"),
        ("role" = String, Path, description = "The role"),
    ),
    responses(
        (status = 204, description = "They do not hold it"),
        (status = 404, description = "There is no such person, or no such role can be"),
        (status = 409, description = "There would be no administrator left"),
    )
)]
pub async fn withdraw(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    IdAnd(id, name): IdAnd,
) -> Result<StatusCode, Refusal> {
    let role = role(&name, &administrator)?;
    roles::revoke(&state, administrator.actor(&request), &id, &role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a session of a person
#[utoipa::path(
    delete, path = "/manage/users/{id}/sessions/{session}", tag = MANAGE, security(("bearer" = ["admin:write"])),
    params(
        ("id" = String, Path, description = "Names the person"),
        ("session" = String, Path, description = "Names the session"),
    ),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "The person has no such session"),
    )
)]
pub async fn end_session(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    IdAnd(id, session): IdAnd,
) -> Result<StatusCode, Refusal> {
    let session = query::id(&session).ok_or(AuthError::NotFound)?;
    session_ends::end_one(&state, administrator.actor(&request), &id, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! A table in a region of its own that scrolls, by finger and by keyboard, so that the page does not. Must not know what its
//! rows tell of.

use leptos::prelude::*;

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest, oldest or first of the alphabet on top.
    Ascending,
    /// The other way round.
    Descending,
}

impl Order {
    /// As `aria-sort` has it.
    #[must_use]
    pub fn aria(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    label: &'static str,
    is_label_hidden: bool,
    /// Where its link leads, which sorts by it.
    href: Option<String>,
    order: Option<Order>,
}

impl Column {
    /// A column that is not sorted by.
    #[must_use]
    pub fn plain(label: &'static str) -> Self {
        Self { label, is_label_hidden: false, href: None, order: None }
    }

    /// A column whose label is read out and not shown, such as one of tick boxes.
    #[must_use]
    pub fn unlabelled(label: &'static str) -> Self {
        Self { is_label_hidden: true, ..Self::plain(label) }
    }

    /// A column that can be sorted by: `href` does, or turns the order round where it is in force already.
    #[must_use]
    pub fn sorted(label: &'static str, href: String, order: Option<Order>) -> Self {
        Self { href: Some(href), order, ..Self::plain(label) }
    }
}

/// The table; `children` are its `<tr>`, each with a `<th scope="row">`.
#[component]
pub fn Table(
    /// Names caption and region; unique on the page.
    id: &'static str,
    /// What the rows are.
    #[prop(into)]
    caption: String,
    /// Whether a heading says so already, and the caption is for screen readers alone.
    #[prop(optional)]
    is_caption_hidden: bool,
    /// The heads.
    columns: Vec<Column>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let heads = columns.into_iter().map(|Column { label, is_label_hidden, href, order }| {
        let label = match href {
            Some(href) => view! { <a class="table-sort" href=href>{label}</a> }.into_any(),
            None if is_label_hidden => view! { <span class="visually-hidden">{label}</span> }.into_any(),
            None => label.into_any(),
        };
        view! {
            <th scope="col" aria-sort=order.map(Order::aria)>
                {label}
            </th>
        }
    });
    view! {
        <section class="table-region" aria-labelledby=id tabindex="0">
            <table class="table">
                <caption id=id>
                    <span class=is_caption_hidden.then_some("visually-hidden")>{caption}</span>
                </caption>
                <thead>
                    <tr>{heads.collect_view()}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </section>
    }
}

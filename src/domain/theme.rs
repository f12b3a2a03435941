//! Which colours somebody wants to see. Must not know where the choice is kept.

/// A choice of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Every choice, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Reads a choice from outside.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// How it is written in forms, cookies and `data-theme`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The name, where the system is not asked.
    #[must_use]
    pub fn chosen(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.name())
    }

    /// As `<meta name="color-scheme">` has it.
    #[must_use]
    pub fn color_scheme(self) -> &'static str {
        self.chosen().unwrap_or("light dark")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_read_as_it_is_written() {
        for theme in Theme::ALL {
            assert_eq!(Theme::parse(theme.name()), Some(theme));
        }
        assert_eq!((Theme::parse(""), Theme::parse("Dark")), (None, None));
    }
}

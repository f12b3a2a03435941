//! The one colour of a site. Must not know where it is used.

use std::fmt;

/// A colour of the sRGB space, as `#rrggbb` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent([u8; 3]);

impl Accent {
    /// The colour of a site that has chosen none; `--brand` in `style/main.css` is the same.
    pub const DEFAULT: Self = Self([0x2b, 0x4a, 0xcb]);
    /// The least contrast of text (WCAG 2.2, 1.4.3).
    pub const LEAST_CONTRAST: f64 = 4.5;

    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// How white text stands out on it: from 1, not at all, to 21 (WCAG 2.2, contrast ratio).
    #[must_use]
    pub fn contrast_with_white(self) -> f64 {
        let [red, green, blue] = self.0.map(linear);
        1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    }
}

/// A channel by the light that it gives.
fn linear(channel: u8) -> f64 {
    let channel = f64::from(channel) / 255.0;
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_written() {
        assert_eq!(Accent::parse("#2B4ACB"), Some(Accent::DEFAULT));
        assert_eq!(Accent::DEFAULT.to_string(), "#2b4acb");
        for text in ["", "#", "2b4acb", "#2b4ac", "#2b4acbb", "#+b4acb", "#2b4acg", "red", "#fff", "#é4acb"] {
            assert_eq!(Accent::parse(text), None, "{text}");
        }
    }

    /// The figures of WCAG's own examples.
    #[test]
    fn contrast_is_as_wcag_has_it() {
        for (text, expected) in [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#777777", 4.48)] {
            let contrast = Accent::parse(text).expect(text).contrast_with_white();
            assert!((contrast - expected).abs() < 0.005, "{text}: {contrast}");
        }
        assert!(Accent::DEFAULT.contrast_with_white() >= Accent::LEAST_CONTRAST);
    }
}

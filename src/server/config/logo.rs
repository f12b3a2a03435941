//! The sign of a site, from the operator's file. Must not serve it, nor look further into it than its beginning.

use std::{fs::File, io::Read, path::Path};

/// The most bytes of a sign.
const MAX_BYTES: usize = 64 * 1024;

/// The file's content.
///
/// # Errors
/// In words, when it cannot be read, is larger than 64 KB, or does not begin as SVG does.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let refused = |why: &str| format!("logo: {}: {why}", path.display());
    let file = File::open(path).map_err(|error| refused(&error.to_string()))?;
    let mut content = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut content).map_err(|error| refused(&error.to_string()))?;
    if content.len() > MAX_BYTES {
        return Err(refused("larger than 64 KB"));
    }
    if is_svg(&content) { Ok(content) } else { Err(refused("not an SVG")) }
}

/// Whether the first element is `svg`, after what XML lets stand before it.
fn is_svg(content: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(content) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    for (begin, end) in [("<?xml", "?>"), ("<!--", "-->"), ("<!DOCTYPE svg", ">"), ("<!--", "-->")] {
        if let Some((_, after)) = rest.strip_prefix(begin).and_then(|inside| inside.split_once(end)) {
            rest = after.trim_start();
        }
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with(|char: char| char.is_whitespace() || char == '>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_svg_is_told_from_what_is_not() {
        for text in [
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "\u{feff}<?xml version='1.0'?>\n<!-- drawn by hand -->\n<!DOCTYPE svg PUBLIC 'x' 'y'>\n<svg\n/>",
        ] {
            assert!(is_svg(text.as_bytes()), "{text}");
        }
        for text in ["", "<html><svg/></html>", "<svgx>", "GIF89a", "<!-- <svg > ", "<?xml ?><script/>", "svg"] {
            assert!(!is_svg(text.as_bytes()), "{text}");
        }
    }
}

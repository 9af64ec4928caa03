//! What is not shown unless somebody asks for it: values whose names say that they are secret.

/// Stands where a secret would.
pub const CONCEALED: &str = "***";

/// Parts of names that give a secret away, in lower case.
const TELLING: [&str; 7] = ["secret", "token", "password", "passwd", "apikey", "api_key", "private"];

/// Whether what stands under this name looks like a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|word| name.contains(word)) || name.ends_with("_key")
}

/// The value, or `***` where its name says that it is a secret.
pub fn concealed<'a>(name: &str, value: &'a str) -> &'a str {
    if is_secret(name) { CONCEALED } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        for name in ["DB_PASSWORD", "api_token", "AWS_SECRET_ACCESS_KEY", "SigningPrivate", "ssh_key", "APIKEY"] {
            assert_eq!(concealed(name, "x"), CONCEALED, "{name}");
        }
        for name in ["REGION", "AWS_ACCESS_KEY_ID", "KEYBOARD", "key"] {
            assert_eq!(concealed(name, "x"), "x", "{name}");
        }
    }
}

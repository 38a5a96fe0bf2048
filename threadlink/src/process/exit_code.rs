//! [`ExitCode`]: std's, but readable.

/// The exit code of a program, from 0 to 255; 0 is success.
///
/// ```
/// use threadlink::process::ExitCode;
///
/// fn main() -> ExitCode {
///     if std::env::args().count() > 100 { ExitCode::FAILURE } else { ExitCode::from(0) }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ExitCode(u8);

impl ExitCode {
    /// 0.
    pub const SUCCESS: Self = Self(0);
    /// 1.
    pub const FAILURE: Self = Self(1);

    /// The number.
    ///
    /// ```
    /// assert_eq!(threadlink::process::ExitCode::FAILURE.get(), 1);
    /// ```
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl From<u8> for ExitCode {
    fn from(code: u8) -> Self {
        Self(code)
    }
}

impl From<std::process::ExitCode> for ExitCode {
    /// Finds the number, which std doesn't give out, by comparing; an exit code without one is a failure.
    fn from(code: std::process::ExitCode) -> Self {
        (0..=u8::MAX)
            .find(|&n| std::process::ExitCode::from(n) == code)
            .map_or(Self::FAILURE, Self)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.0)
    }
}

impl std::process::Termination for ExitCode {
    fn report(self) -> std::process::ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stds_codes_convert_both_ways() {
        for n in 0..=u8::MAX {
            assert_eq!(ExitCode::from(std::process::ExitCode::from(n)).get(), n);
            assert_eq!(
                std::process::ExitCode::from(ExitCode::from(n)),
                std::process::ExitCode::from(n)
            );
        }
    }
}

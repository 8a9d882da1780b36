//! Go's `time.Parse` for RFC 3339, as far as its errors go: the lock's time is checked, not used.

use super::metadata::quoted;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// Checks a time as Go does, with the text of Go's error.
pub(crate) fn check_rfc3339(text: &str) -> Result<(), String> {
    Parse { whole: text, rest: text }.run()
}

struct Parse<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl Parse<'_> {
    fn run(mut self) -> Result<(), String> {
        let year = self.digits(4, "2006")?;
        self.literal("-")?;
        let month = self.digits(2, "01")?;
        self.range("month", (1..=12).contains(&month))?;
        self.literal("-")?;
        let day = self.digits(2, "02")?;
        self.literal("T")?;
        let hour = self.hour()?;
        self.range("hour", hour < 24)?;
        self.literal(":")?;
        let minute = self.digits(2, "04")?;
        self.range("minute", minute < 60)?;
        self.literal(":")?;
        let second = self.digits(2, "05")?;
        self.range("second", second < 60)?;
        self.fraction();
        self.zone()?;
        if !self.rest.is_empty() {
            return Err(self.told(&format!(": extra text: {}", quoted(self.rest))));
        }
        self.range("day", (1..=days_in(year, month)).contains(&day))
    }

    fn bad(&self, element: &str) -> String {
        let message = format!(": cannot parse {} as {}", quoted(self.rest), quoted(element));
        format!("parsing time {} as {}{message}", quoted(self.whole), quoted(LAYOUT))
    }

    fn told(&self, message: &str) -> String {
        format!("parsing time {}{message}", quoted(self.whole))
    }

    fn range(&self, what: &str, fits: bool) -> Result<(), String> {
        if fits { Ok(()) } else { Err(self.told(&format!(": {what} out of range"))) }
    }

    fn literal(&mut self, text: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(text).ok_or_else(|| self.bad(text))?;
        Ok(())
    }

    fn digits(&mut self, count: usize, element: &str) -> Result<u32, String> {
        let digits = self.rest.get(..count).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let digits = digits.ok_or_else(|| self.bad(element))?;
        self.rest = &self.rest[count..];
        Ok(digits.parse().unwrap_or(u32::MAX))
    }

    /// One or two digits.
    fn hour(&mut self) -> Result<u32, String> {
        let count = self.rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        self.digits(count.max(1), "15")
    }

    fn fraction(&mut self) {
        let Some(rest) = self.rest.strip_prefix(['.', ',']) else { return };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            self.rest = &rest[digits..];
        }
    }

    fn zone(&mut self) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(());
        }
        let [sign, h1, h2, b':', m1, m2, ..] = self.rest.as_bytes() else { return Err(self.bad("Z07:00")) };
        let two = |tens: u8, ones: u8| {
            (tens.is_ascii_digit() && ones.is_ascii_digit())
                .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
        };
        let offset = two(*h1, *h2).zip(two(*m1, *m2)).filter(|_| matches!(sign, b'+' | b'-'));
        let (hours, minutes) = offset.ok_or_else(|| self.bad("Z07:00"))?;
        self.range("time zone offset hour", hours <= 24)?;
        self.range("time zone offset minute", minutes <= 60)?;
        self.rest = &self.rest[6..];
        Ok(())
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::check_rfc3339;

    #[test]
    fn times_are_refused_in_go_words() {
        for (text, want) in [
            ("2020-02-29T01:02:03Z", ""),
            ("2020-02-29T01:02:03.25+02:00", ""),
            (
                "yesterday",
                r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#,
            ),
            ("2020-13-01T01:02:03Z", r#"parsing time "2020-13-01T01:02:03Z": month out of range"#),
            ("2021-02-29T01:02:03Z", r#"parsing time "2021-02-29T01:02:03Z": day out of range"#),
            ("2020-01-01T01:02:03Zx", r#"parsing time "2020-01-01T01:02:03Zx": extra text: "x""#),
            ("2020-01-01", r#"parsing time "2020-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#),
        ] {
            assert_eq!(check_rfc3339(text).err().unwrap_or_default(), want);
        }
    }
}

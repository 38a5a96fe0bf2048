//! A Parquet file, row by row: [`Rows`] gathers them by column until they make a row group.

use std::collections::HashMap;
use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};

use crate::columns::{Column, Sort, Value};

/// Rows of a group: many, so that columns are read in long stretches, and few enough to be in memory.
const ROWS: usize = 1 << 17;
/// Bytes of texts that a group has at most, each text counted once: names are the program's and may be long.
const TEXT: usize = 16 << 20;
/// Distinct bytes of a column's dictionary, above which a group does without.
const DICTIONARY: usize = 1 << 20;

/// The rows of a file that is being written.
pub(super) struct Rows<'w> {
    file: SerializedFileWriter<&'w mut (dyn Write + Send)>,
    gathered: Vec<Gathered>,
    rows: usize,
    text: usize,
    place: String,
}

/// What was gathered of a column.
struct Gathered {
    values: Values,
    /// 1 for each row that has a value, 0 for each that has none.
    defined: Vec<i16>,
}

enum Values {
    Numbers(Vec<i64>),
    Flags(Vec<bool>),
    Texts(Texts),
}

/// Texts, each of them once.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<ByteArray>,
    rows: Vec<u32>,
}

impl Texts {
    /// How many bytes this needs that were not there.
    fn push(&mut self, text: &str) -> usize {
        if let Some(&number) = self.numbers.get(text) {
            self.rows.push(number);
            return 0;
        }
        // Fewer than a group has rows.
        let number = self.texts.len() as u32;
        self.numbers.insert(text.into(), number);
        self.texts.push(text.as_bytes().to_vec().into());
        self.rows.push(number);
        text.len()
    }
}

impl<'w> Rows<'w> {
    pub(super) fn new(columns: &[Column], out: &'w mut (dyn Write + Send)) -> io::Result<Self> {
        let fields: Result<Vec<_>, ParquetError> =
            columns.iter().map(|column| field(column).map(Arc::new)).collect();
        let schema = Type::group_type_builder("trace")
            .with_fields(fields.map_err(failed)?)
            .build()
            .map_err(failed)?;
        let mut properties = WriterProperties::builder()
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_dictionary_page_size_limit(DICTIONARY)
            .set_created_by(concat!("threadlink version ", env!("CARGO_PKG_VERSION")).to_owned());
        for column in columns.iter().filter(|column| column.sort == Sort::Number) {
            let path = ColumnPath::new(vec![column.name.to_owned()]);
            // Times are hardly ever the same twice; of other numbers there may be few.
            let few = !column.name.ends_with("_ns");
            properties = properties
                .set_column_dictionary_enabled(path.clone(), few)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
        let file =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build())).map_err(failed)?;
        Ok(Self {
            file,
            gathered: columns.iter().map(Gathered::of).collect(),
            rows: 0,
            text: 0,
            place: String::new(),
        })
    }

    /// Adds a row, which has as many values as there are columns, each of its column's sort.
    pub(super) fn push(&mut self, row: &[Option<Value<'_>>]) -> io::Result<()> {
        debug_assert_eq!(row.len(), self.gathered.len(), "a row is as wide as its table");
        for (gathered, value) in self.gathered.iter_mut().zip(row) {
            self.text += gathered.push(*value, &mut self.place);
        }
        self.rows += 1;
        if self.rows >= ROWS || self.text >= TEXT {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what was gathered as a group.
    fn flush(&mut self) -> io::Result<()> {
        let mut group = self.file.next_row_group().map_err(failed)?;
        for gathered in &mut self.gathered {
            let Some(mut column) = group.next_column().map_err(failed)? else {
                break;
            };
            let defined = mem::take(&mut gathered.defined);
            match &mut gathered.values {
                Values::Numbers(numbers) => {
                    let numbers = mem::take(numbers);
                    column
                        .typed::<Int64Type>()
                        .write_batch(&numbers, Some(&defined), None)
                }
                Values::Flags(flags) => {
                    let flags = mem::take(flags);
                    column
                        .typed::<BoolType>()
                        .write_batch(&flags, Some(&defined), None)
                }
                Values::Texts(texts) => {
                    let Texts { texts, rows, .. } = mem::take(texts);
                    let rows: Vec<ByteArray> = rows.iter().map(|&row| texts[row as usize].clone()).collect();
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&rows, Some(&defined), None)
                }
            }
            .map_err(failed)?;
            column.close().map_err(failed)?;
        }
        group.close().map_err(failed)?;
        (self.rows, self.text) = (0, 0);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.file.close().map_err(failed)?;
        Ok(())
    }
}

impl Gathered {
    fn of(column: &Column) -> Self {
        Self {
            values: match column.sort {
                Sort::Number => Values::Numbers(Vec::new()),
                Sort::Flag => Values::Flags(Vec::new()),
                Sort::Text => Values::Texts(Texts::default()),
            },
            defined: Vec::new(),
        }
    }

    /// Adds a value, and says how many bytes of texts this needs more.
    fn push(&mut self, value: Option<Value<'_>>, place: &mut String) -> usize {
        let mut more = 0;
        let is_defined = match (&mut self.values, value) {
            (Values::Numbers(numbers), Some(Value::Number(number))) => {
                // SQL has signed numbers; a time above these, 292 years, is a hostile trace's.
                numbers.push(i64::try_from(number).unwrap_or(i64::MAX));
                true
            }
            (Values::Flags(flags), Some(Value::Flag(flag))) => {
                flags.push(flag);
                true
            }
            (Values::Texts(texts), Some(Value::Text(text))) => {
                more = texts.push(text);
                true
            }
            (Values::Texts(texts), Some(Value::Place(site))) => {
                use std::fmt::Write as _;

                place.clear();
                // A string takes it.
                let _ = write!(place, "{site}");
                more = texts.push(place);
                true
            }
            (_, value) => {
                debug_assert!(value.is_none(), "a value is of its column's sort");
                false
            }
        };
        self.defined.push(is_defined.into());
        more
    }
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.sort {
        Sort::Number => (Physical::INT64, None),
        Sort::Flag => (Physical::BOOLEAN, None),
        Sort::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// What was refused, as who refused it said it: a pipe that nobody reads is told from a full disk.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}

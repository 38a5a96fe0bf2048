//! Packets on their way into a file: texts are said once, and named by numbers from then on.

use std::collections::HashMap;
use std::io::{self, Write};

use prost::Message;

use super::proto::{
    BEGIN, CLEARED, DebugAnnotation, END, INSTANT, Interned, InternedData, NEEDED, TracePacket,
    TrackDescriptor, TrackEvent,
};

/// All packets are of one sequence.
const SEQUENCE: u32 = 1;

/// A writer of packets.
pub(super) struct Packets<'w> {
    out: &'w mut dyn Write,
    buffer: Vec<u8>,
    begun: bool,
    names: Texts,
    keys: Texts,
    values: Texts,
}

/// Texts of a sort, and their numbers.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Box<str>, u64>,
    /// That the file has not yet.
    new: Vec<Interned>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u64 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.numbers.len() as u64 + 1;
        self.numbers.insert(text.into(), number);
        self.new.push(Interned {
            iid: Some(number),
            text: Some(text.to_owned()),
        });
        number
    }
}

/// From where an arrow leads to where, by a number that both ends have.
#[derive(Clone, Copy)]
pub(super) enum Flow {
    From(u64),
    To(u64),
}

impl<'w> Packets<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            buffer: Vec::new(),
            begun: false,
            names: Texts::default(),
            keys: Texts::default(),
            values: Texts::default(),
        }
    }

    pub(super) fn track(&mut self, track: TrackDescriptor) -> io::Result<()> {
        self.packet(TracePacket {
            track_descriptor: Some(track),
            ..TracePacket::default()
        })
    }

    /// The begin of a slice, with what is to be known of it.
    pub(super) fn begin(
        &mut self,
        track: u64,
        time: u64,
        name: &str,
        notes: &[(&str, &str)],
    ) -> io::Result<()> {
        let debug_annotations = notes
            .iter()
            .map(|(key, value)| DebugAnnotation {
                name_iid: Some(self.keys.number(key)),
                string_value_iid: Some(self.values.number(value)),
            })
            .collect();
        let event = TrackEvent {
            debug_annotations,
            ..self.event(track, BEGIN, Some(name))
        };
        self.at(time, event)
    }

    /// The end of the slice that began last.
    pub(super) fn end(&mut self, track: u64, time: u64) -> io::Result<()> {
        let event = self.event(track, END, None);
        self.at(time, event)
    }

    pub(super) fn instant(
        &mut self,
        track: u64,
        time: u64,
        name: &str,
        flow: Option<Flow>,
    ) -> io::Result<()> {
        let mut event = self.event(track, INSTANT, Some(name));
        match flow {
            None => {}
            Some(Flow::From(flow)) => event.flow_ids.push(flow),
            Some(Flow::To(flow)) => event.terminating_flow_ids.push(flow),
        }
        self.at(time, event)
    }

    fn event(&mut self, track: u64, kind: i32, name: Option<&str>) -> TrackEvent {
        TrackEvent {
            kind: Some(kind),
            track_uuid: Some(track),
            name_iid: name.map(|name| self.names.number(name)),
            ..TrackEvent::default()
        }
    }

    fn at(&mut self, time: u64, event: TrackEvent) -> io::Result<()> {
        self.packet(TracePacket {
            timestamp: Some(time),
            track_event: Some(event),
            ..TracePacket::default()
        })
    }

    fn packet(&mut self, mut packet: TracePacket) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.begun, true);
        packet.trusted_packet_sequence_id = Some(SEQUENCE);
        packet.sequence_flags = Some(if first { CLEARED | NEEDED } else { NEEDED });
        packet.first_packet_on_sequence = first.then_some(true);
        let interned = InternedData {
            event_names: std::mem::take(&mut self.names.new),
            debug_annotation_names: std::mem::take(&mut self.keys.new),
            debug_annotation_string_values: std::mem::take(&mut self.values.new),
        };
        packet.interned_data = Some(interned).filter(|interned| *interned != InternedData::default());
        self.buffer.clear();
        // Field 1 of the file, a message.
        self.buffer.push(1 << 3 | 2);
        packet
            .encode_length_delimited(&mut self.buffer)
            .map_err(io::Error::other)?;
        self.out.write_all(&self.buffer)
    }
}

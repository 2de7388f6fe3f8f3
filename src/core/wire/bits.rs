//! Bit strings between `0101` and bytes, and the two byte orders of a UUID.

use super::Unfit;

const NOT_BITS: Unfit = "the text is not a bit string";

/// `0101` as a number. Up to 64 bits: what MySQL's BIT holds.
pub(super) fn bits_from_text(text: &[u8]) -> Result<i128, Unfit> {
    if text.len() > 64 {
        return Err("the bit string has more than 64 bits");
    }
    text.iter().try_fold(0, |value, byte| match byte {
        b'0' | b'1' => Ok(value << 1 | i128::from(byte - b'0')),
        _ => Err(NOT_BITS),
    })
}

/// The last `count` bits of big-endian `bytes` as `0101`.
pub(crate) fn put_bits(bytes: &[u8], count: u32, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let have = bytes.len() * 8;
    let count = count as usize;
    for place in (0..count).rev() {
        out.push(if place < have { b'0' + bit(bytes, place) } else { b'0' });
    }
    check_above(bytes, count)
}

/// The last `count` bits of big-endian `bytes`, moved to the front and padded with zeros behind:
/// what follows the count in PostgreSQL's binary form.
pub(super) fn put_bits_left(bytes: &[u8], count: u32, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let count = count as usize;
    check_above(bytes, count)?;
    let have = bytes.len() * 8;
    for byte in 0..count.div_ceil(8) {
        let mut value = 0;
        for offset in 0..8 {
            let from_left = byte * 8 + offset;
            let place = count.checked_sub(from_left + 1).filter(|place| *place < have);
            value = value << 1 | place.map_or(0, |place| bit(bytes, place));
        }
        out.push(value);
    }
    Ok(())
}

/// `0101` from the left into bytes.
pub(super) fn put_text_bits(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    for group in text.chunks(8) {
        let mut value = 0;
        for at in 0..8 {
            let bit = match group.get(at) {
                Some(b'1') => 1,
                Some(b'0') | None => 0,
                Some(_) => return Err(NOT_BITS),
            };
            value = value << 1 | bit;
        }
        out.push(value);
    }
    Ok(())
}

/// The bit with the value 2^`place` of big-endian bytes.
fn bit(bytes: &[u8], place: usize) -> u8 {
    bytes[bytes.len() - 1 - place / 8] >> (place % 8) & 1
}

fn check_above(bytes: &[u8], count: usize) -> Result<(), Unfit> {
    let above = (count..bytes.len() * 8).any(|place| bit(bytes, place) == 1);
    if above { Err("the value has more bits than the column") } else { Ok(()) }
}

/// Between a UUID as it is written and MySQL's `uuid_to_bin(u, 1)`, which puts the third group
/// first, then the second, then the first: `swap_uuid` there, [`unswap_uuid`] back.
pub(crate) fn swap_uuid(uuid: &mut [u8]) {
    if uuid.len() == 16 {
        // aaaaaaaa bbbb cccc to cccc bbbb aaaaaaaa.
        uuid[..8].rotate_left(4);
        uuid[..4].rotate_left(2);
    }
}

/// The way back from [`swap_uuid`].
pub(crate) fn unswap_uuid(uuid: &mut [u8]) {
    if uuid.len() == 16 {
        uuid[..4].rotate_right(2);
        uuid[..8].rotate_right(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_in_text_and_bytes() {
        assert_eq!(bits_from_text(b"101"), Ok(5));
        assert_eq!(bits_from_text(&[b'1'; 64]), Ok(i128::from(u64::MAX)));
        assert!(bits_from_text(&[b'0'; 65]).is_err());
        assert!(bits_from_text(b"12").is_err());
        let mut out = Vec::new();
        put_bits(&[0x02, 0x05], 10, &mut out).unwrap();
        assert_eq!(out, b"1000000101");
        out.clear();
        put_bits_left(&[0x02, 0x05], 10, &mut out).unwrap();
        assert_eq!(out, [0b1000_0001, 0b0100_0000]);
        out.clear();
        put_bits_left(&[1], 1, &mut out).unwrap();
        assert_eq!(out, [0x80]);
        assert!(put_bits_left(&[2], 1, &mut out).is_err());
        out.clear();
        put_bits_left(&[5], 17, &mut out).unwrap();
        assert_eq!(out, [0, 2, 0x80]);
    }

    #[test]
    fn uuids_in_the_order_of_uuid_to_bin() {
        // select hex(uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db', 1)), from MySQL's manual.
        let mut uuid = [0x6c, 0xcd, 0x78, 0x0c, 0xba, 0xba, 0x10, 0x26, 1, 2, 3, 4, 5, 6, 7, 8];
        let written = uuid;
        swap_uuid(&mut uuid);
        assert_eq!(uuid[..8], [0x10, 0x26, 0xba, 0xba, 0x6c, 0xcd, 0x78, 0x0c]);
        assert_eq!(uuid[8..], written[8..]);
        unswap_uuid(&mut uuid);
        assert_eq!(uuid, written);
    }
}

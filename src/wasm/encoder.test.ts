import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from './decoder.ts';
import { ByteWriter, u32Length } from './encoder.ts';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  return writer.take();
}

test('LEB128 as in the specification and the DWARF standard', () => {
  assert.deepEqual([...written((w) => w.u32(624485))], [0xe5, 0x8e, 0x26]);
  assert.deepEqual([...written((w) => w.s32(-123456))], [0xc0, 0xbb, 0x78]);
  assert.deepEqual([...written((w) => w.s32(64))], [0xc0, 0x00]);
  assert.deepEqual([...written((w) => w.s32(-64))], [0x40]);
  assert.deepEqual([...written((w) => w.u32(0xffff_ffff))], [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assert.deepEqual([...written((w) => w.s64(0, -0x8000_0000))], [...new Array(9).fill(0x80), 0x7f]);
});

test('unsigned 32-bit integers come back, in the shortest form', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), (value) => {
      const bytes = written((w) => w.u32(value));
      assert.equal(bytes.length, u32Length(value));
      assert.equal(bytes.length, Math.max(1, Math.ceil(value.toString(2).length / 7)));
      assert.equal(new ByteReader(bytes).u32(), value);
    }),
  );
});

test('signed 32-bit integers come back', () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      assert.equal(new ByteReader(written((w) => w.s32(value))).s32(), value);
    }),
  );
});

test('unsigned integers up to 2^53 come back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.equal(new ByteReader(written((w) => w.u64(value))).u64(), BigInt(value));
    }),
  );
});

test('signed 64-bit integers come back from their halves, in the shortest form', () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    fc.integer({ min: 0, max: 63 }).map((shift) => BigInt.asIntN(64, 1n << BigInt(shift))),
    fc.integer({ min: 0, max: 63 }).map((shift) => BigInt.asIntN(64, -1n << BigInt(shift))),
  );
  fc.assert(
    fc.property(value, (signed) => {
      const low = Number(BigInt.asIntN(32, signed));
      const high = Number(BigInt.asIntN(32, signed >> 32n));
      const bytes = written((w) => w.s64(low, high));
      assert.equal(new ByteReader(bytes).s64(), signed);
      const magnitude = signed < 0n ? -signed - 1n : signed;
      const bits = magnitude === 0n ? 1 : magnitude.toString(2).length + 1;
      assert.equal(bytes.length, Math.ceil(bits / 7));
      assert.deepEqual(
        bytes,
        written((w) => w.s64(low >>> 0, high >>> 0)),
      );
    }),
  );
});

test('names and floats come back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true }), (text, value) => {
      const reader = new ByteReader(
        written((w) => {
          w.name(text);
          w.f64(value);
          w.f32(value);
        }),
      );
      assert.equal(reader.name(), text.toWellFormed());
      assert.ok(Object.is(reader.f64(), value));
      assert.ok(Object.is(reader.f32(), Math.fround(value)));
      assert.ok(reader.atEnd);
    }),
  );
});

test('a reader stops at the end of its part and refuses endless integers', () => {
  assert.throws(() => new ByteReader(Uint8Array.of(0x80)).u32(), RangeError);
  assert.throws(() => new ByteReader(new Uint8Array(20).fill(0x80)).u32(), RangeError);
  assert.throws(() => new ByteReader(Uint8Array.of(3, 1)).raw(3), RangeError);
  assert.throws(() => new ByteReader(Uint8Array.of(3, 1)).part(9), RangeError);
});

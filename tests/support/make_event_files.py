#!/usr/bin/env python3
"""Writes the fixtures in tests/data/import/{tfevents,wandb}: event files and .wandb files, whole and damaged.

  make_event_files.py DIRECTORY    (tests/data/import; standard library only; the same bytes every time)
"""
import json
import math
import pathlib
import struct
import sys
import zlib


def table(polynomial):
    rows = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (polynomial if i & 1 else 0)
        rows.append(i)
    return rows


CASTAGNOLI = table(0x82F63B78)


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CASTAGNOLI[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


# The wire format of protocol buffers.
def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n)


def double(field, v):
    return varint(field << 3 | 1) + struct.pack("<d", v)


def single(field, v):
    return varint(field << 3 | 5) + struct.pack("<f", v)


def message(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


# TensorBoard.
def tfrecord(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


START = 1.7e9  # Unix time


def version():
    return tfrecord(double(1, START) + message(3, "brain.Event:2"))


def event(step, seconds, *values):
    axes = double(1, START + seconds) + (number(2, step) if step else b"")
    return tfrecord(axes + message(5, b"".join(message(1, value) for value in values)))


def simple(tag, v):
    return message(1, tag) + single(2, v)


def tensor(tag, v, dtype=1, plugin="scalars"):
    """One number as TensorFlow 2 stores it: raw bytes for float and double, a packed field for integers."""
    content = {1: lambda: message(4, struct.pack("<f", v)), 2: lambda: message(4, struct.pack("<d", v)),
               3: lambda: message(7, varint(v)), 9: lambda: message(10, varint(v))}[dtype]()
    metadata = message(9, message(1, message(1, plugin))) if plugin else b""
    return message(1, tag) + message(8, number(1, dtype) + message(2, b"") + content) + metadata


def histogram(tag):
    return message(1, tag) + message(5, double(1, -1.0) + double(2, 1.0) + double(3, 10.0))


def hparams(settings):
    def value(v):
        if isinstance(v, bool):
            return number(4, int(v))
        return double(2, v) if isinstance(v, (int, float)) else message(3, v)

    entries = b"".join(message(1, message(1, key) + message(2, value(v))) for key, v in settings.items())
    plugin = message(1, "hparams") + message(2, message(3, entries))
    return message(1, "_hparams_/session_start_info") + message(9, message(1, plugin))


def loss(step):
    return 2.0 / (1 + step) ** 0.5


def events_simple():
    """torch.utils.tensorboard: one event a number."""
    out = version() + event(0, 0, hparams({"lr": 0.001, "optimizer": "adamw", "amp": True}))
    for step in range(20):
        out += event(step, step, simple("train/loss", loss(step)))
        out += event(step, step + 0.001, simple("train/grad_norm", math.nan if step == 7 else 1.0))
        if step % 5 == 4:
            out += event(step, step + 0.5, simple("val/loss", loss(step) + 0.1))
            out += event(step, step + 0.6, histogram("weights"))
    return out


def events_tensor():
    """TensorFlow 2: tensors of one element, several values an event, metadata with the first value of a tag only."""
    out = version()
    for step in range(12):
        plugin = "scalars" if step == 0 else ""
        out += event(step * 10, step, tensor("loss", loss(step), 1, plugin), tensor("learning_rate", 1e-3, 2, plugin),
                     tensor("tokens", 1000 * step, 9, plugin), tensor("restarts", -1, 3, plugin))
    return out


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1:]


# W&B.
def wandb(*records):
    out = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
    for data in records:
        first = True
        while True:
            left = 32768 - len(out) % 32768
            if left < 7:
                out += bytes(left)
                continue
            part, data = data[:left - 7], data[left - 7:]
            kind = bytes([(1 if first else 4) if not data else (2 if first else 3)])
            out += struct.pack("<IH", zlib.crc32(kind + part), len(part)) + kind + part
            first = False
            if not data:
                break
    return out


def item(key, v):
    path = b"".join(message(2, part) for part in key) if isinstance(key, tuple) else message(1, key)
    return path + message(16, json.dumps(v))


def history(step, **values):
    items = b"".join(message(1, item(key, v)) for key, v in values.items())
    return message(2, items + message(2, number(1, step) if step else b""))


def run(**config):
    return message(17, message(1, "abc12345") + message(4, b"".join(message(1, item(k, v)) for k, v in config.items())))


def output(text):
    return message(13, message(3, text))


def wandb_records(rows=15, code=1, first=0):
    records = [run(lr=0.01, model={"width": 64, "act": "relu"})]
    for step in range(first, first + rows):
        values = {"loss": loss(step), "_timestamp": START + step, "_runtime": float(step)}
        if step == 6:
            values["loss"] = math.nan
        if step == 9:
            values["table"] = {"_type": "table-file", "nrows": 3}
        records.append(history(step, **values))
    records.append(message(7, message(3, item("gpu.0.gpu", 97.0))))
    records.append(output("Traceback (most recent call last):\n  File \"train.py\", line 9, in <module>\n"))
    records.append(output("RuntimeError: out of memory\n"))
    if code is not None:
        records.append(message(18, number(1, code) if code else b""))
    return records


def main():
    out = pathlib.Path(sys.argv[1])
    simple_file, tensor_file = events_simple(), events_tensor()
    log = wandb(*wandb_records())
    long_log = wandb(*wandb_records(5), output("x" * 33000), *wandb_records(8, 0, first=5)[1:])
    files = {
        "tfevents/events.out.tfevents.1700000000.host": simple_file,
        "tfevents/events.out.tfevents.1700000000.host.1.0.v2": tensor_file,
        "tfevents/bad_checksum.tfevents": flipped(simple_file, 700),
        "tfevents/cut.tfevents": tensor_file[:-9],
        "wandb/run-abc12345.wandb": log,
        "wandb/run-blocks.wandb": long_log,
        "wandb/run-bad_checksum.wandb": flipped(long_log, 600),
        "wandb/run-cut.wandb": log[:-40],
    }
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()

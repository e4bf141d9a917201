#!/usr/bin/env python3
"""Logs to time: make_logs.py FOLDER MEGABYTES. What is there already is kept.

wide_N.jsonl: 25 keys a line, in the same order, for N = 1, 10, 100, 1000 up to MEGABYTES; wide_N.csv: the same rows;
seed_{b,e}{1,2,3}.jsonl: six runs of 100,000 records, a cosine schedule, an evaluation every 500; sparse_: every 10,000;
trained_: none; many_: every 500, and 20 series more;
alternating.jsonl: lines of training and of evaluation in turn; random.jsonl: the keys in a new order in each line.
"""
import json
import math
import pathlib
import random
import sys

folder, most = pathlib.Path(sys.argv[1]), int(sys.argv[2])
draw = random.Random(1)
names = [f'{part}/{what}' for part in ('train', 'val', 'optim', 'layer0', 'layer1', 'system')
         for what in ('loss', 'norm', 'ratio')]
pool = [repr(math.exp(draw.gauss(0, 0.3))) for _ in range(4096)]


def pairs(i):
    at = draw.randrange(4096)
    values = [pool[(at + 31 * k + i) % 4096] for k in range(len(names))]
    if i % 97 == 0:
        values[0] = 'null'
    return [('_step', str(i)), ('_runtime', repr(i * 0.173)), ('epoch', str(i // 5000)),
            ('tokens_seen', str(i * 524288)), *zip(names, values), ('phase', '"train"' if i % 50 else '"val"'),
            ('note', ('"ok"', '"a \\"quoted\\" word"', '"epoch end"')[i % 3]), ('amp', 'true' if at & 1 else 'false')]


def line(cells):
    return '{' + ', '.join(f'{json.dumps(k)}: {v}' for k, v in cells) + '}\n'


def alternating(i):
    cells = pairs(i)
    return line(cells[:2] + (cells[4:10] if i % 2 else cells[10:24]))


def shuffled(i):
    cells = pairs(i)
    draw.shuffle(cells)
    return line(cells)


def cell(value):
    if value == 'null':
        return ''
    return '"' + json.loads(value).replace('"', '""') + '"' if '\\' in value else value.strip('"')


def write(name, megabytes, row, header=''):
    file = folder / name
    if file.exists():
        return
    size = i = 0
    with open(file, 'w', buffering=1 << 22) as out:
        out.write(header)
        while size < megabytes * 1000000:
            size += out.write(row(i))
            i += 1


for megabytes in sorted({1, 10, 100, 1000, most}):
    if megabytes <= most:
        write(f'wide_{megabytes}.jsonl', megabytes, lambda i: line(pairs(i)))
write(f'wide_{most}.csv', most // 2, lambda i: ','.join(cell(v) for _, v in pairs(i)) + '\n',
      ','.join(k for k, _ in pairs(0)) + '\n')
write('alternating.jsonl', min(most, 200), alternating)
write('random.jsonl', min(most, 200), shuffled)


def training(offset, evaluate_every, others):
    luck = draw.gauss(0, 0.002) + offset

    def row(i):
        rate = 3e-4 * min(1, (i + 1) / 2000) * (0.55 + 0.45 * math.cos(math.pi * i / 100000))
        loss = 2.8 + luck + 8 * (i + 10) ** -0.3 + 300 * rate
        record = {'step': i, 'train_loss': loss + draw.gauss(0, 0.05), 'lr': rate, 'grad_norm': draw.lognormvariate(0, .3),
                  'step_time': draw.gauss(0.2, 0.005), 'wall_time': 0.2 * (i + 1), 'tokens': 65536 * (i + 1),
                  'flops': 6e15 * (i + 1)}
        for k in range(others):
            record[f'layer{k}/grad_norm'] = draw.lognormvariate(0, .3)
        if i % evaluate_every == evaluate_every - 1:
            record['val_loss'] = loss + draw.gauss(0, 0.001)
        return json.dumps(record) + '\n'
    return row


for shape, evaluate_every, others in (('seed', 500, 0), ('sparse', 10000, 0), ('trained', 10**9, 0), ('many', 500, 20)):
    for side, offset in (('b', 0), ('e', -0.01)):
        for seed in (1, 2, 3):
            file = folder / f'{shape}_{side}{seed}.jsonl'
            if not file.exists():
                row = training(offset, evaluate_every, others)
                file.write_text(''.join(row(i) for i in range(100000)))

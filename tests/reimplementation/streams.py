"""The random numbers of docs/experiments.md, "What is drawn", from its text alone."""

import math

import numpy

MASK_32 = (1 << 32) - 1
MASK_64 = (1 << 64) - 1


def key_of(seed):
    """The eight words of a ChaCha key from a number below 2^64."""
    state, words = seed, []
    for _ in range(8):
        state = (state * 6364136223846793005 + 11634580027462260723) & MASK_64
        mixed = ((state >> 18 ^ state) >> 27) & MASK_32
        turn = state >> 59
        words.append((mixed >> turn | mixed << (32 - turn)) & MASK_32)
    return words


def blocks(key, stream, first, count):
    """ChaCha8's blocks of these numbers, 16 words each."""
    counters = numpy.arange(first, first + count, dtype=numpy.uint64)
    state = numpy.zeros((16, count), dtype=numpy.uint32)
    for place, word in enumerate([0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *key]):
        state[place] = word
    state[12] = counters & numpy.uint64(MASK_32)
    state[13] = counters >> numpy.uint64(32)
    state[14], state[15] = stream & MASK_32, stream >> 32
    x = state.copy()

    def quarter(a, b, c, d):
        for to, by, turn in ((a, d, 16), (c, b, 12), (a, d, 8), (c, b, 7)):
            other = b if to == a else d
            x[to] += x[other]
            x[by] ^= x[to]
            x[by] = x[by] << numpy.uint32(turn) | x[by] >> numpy.uint32(32 - turn)

    for _ in range(4):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return (x + state).T.reshape(-1)


class Stream:
    """The words of one stream, in order."""

    def __init__(self, seed, stream, key=None):
        self.key, self.stream = key or key_of(seed), stream
        self.words, self.at, self.next_block = numpy.zeros(0, dtype=numpy.uint32), 0, 0

    def take(self, count):
        """So many words."""
        while len(self.words) - self.at < count:
            more = blocks(self.key, self.stream, self.next_block, 64)
            self.words, self.at = numpy.concatenate([self.words[self.at :], more]), 0
            self.next_block += 64
        taken = self.words[self.at : self.at + count]
        self.at += count
        return taken

    def u32(self):
        return int(self.take(1)[0])

    def u64(self):
        low, high = self.take(2)
        return int(low) | int(high) << 32

    def half_open(self):
        """[0, 1)."""
        return (self.u64() >> 11) * 2.0**-53

    def open(self):
        """(0, 1): odd multiples of 2^-53."""
        return (2 * (self.u64() >> 12) + 1) * 2.0**-53

    def normal(self):
        while True:
            bits = self.u64()
            layer = bits & 255
            u = (bits >> 12) * 2.0**-51 - 1
            x = u * EDGES[layer]
            if abs(x) < EDGES[layer + 1]:
                return x
            if layer == 0:
                while True:
                    tail, y = math.log(self.open()) / R, math.log(self.open())
                    if not -2 * y < tail * tail:
                        return tail - R if u < 0 else R - tail
            share = self.half_open()
            if HEIGHTS[layer + 1] + (HEIGHTS[layer] - HEIGHTS[layer + 1]) * share < bell(x):
                return x

    def below(self, bound):
        """A whole number below `bound`, as the shuffle takes it."""
        product = self.u32() * bound
        found, rest = product >> 32, product & MASK_32
        if rest > (1 << 32) - bound:
            found += rest + (self.u32() * bound >> 32) >> 32
        return found

    def shuffled(self, count):
        """The numbers below `count` in another order."""
        order = list(range(count))
        chunk, left = 0, 1
        for place in range(count):
            if left == 0:
                bound, left = place + 1, 1
                while bound * (place + 1 + left) < 1 << 32:
                    bound *= place + 1 + left
                    left += 1
                chunk = self.below(bound)
            left -= 1
            other = chunk if left == 0 else chunk % (place + 1)
            chunk //= place + 1
            order[place], order[other] = order[other], order[place]
        return order

    def permutation(self, count):
        """The numbers below `count` in the order of which the first are set aside for validation."""
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            of = last + 1
            while True:
                product = self.u64() * of
                if product & MASK_64 >= (1 << 64) % of:
                    break
            other = product >> 64
            order[last], order[other] = order[other], order[last]
        return order


def bell(x):
    return math.exp(-x * x / 2)


R, V = 3.654152885361008796, 0.00492867323399
EDGES = [V / bell(R), R]
while len(EDGES) < 256:
    EDGES.append(math.sqrt(-2 * math.log(V / EDGES[-1] + bell(EDGES[-1]))))
EDGES.append(0.0)
HEIGHTS = [float(f"{bell(edge):.18f}") for edge in EDGES]

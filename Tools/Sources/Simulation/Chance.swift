import SeededRandom

/// The one source of all that a simulation leaves to chance.
struct Chance {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// A number from the range, each as likely.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    /// Once in so many times.
    mutating func happens(oneIn count: Int) -> Bool { number(in: 1...count) == 1 }

    /// One of the elements; nil when there are none.
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.randomElement(using: &generator)
    }

    /// A part of `count` bytes, from one to all: often one, a frame header's length or all, which is
    /// where a reader of frames goes wrong.
    mutating func part(of count: Int) -> Int {
        precondition(count > 0, "there is something to take a part of")
        return switch number(in: 0...9) {
        case 0: 1
        case 1: min(24, count)
        case 2, 3: number(in: 1...count)
        default: count
        }
    }
}

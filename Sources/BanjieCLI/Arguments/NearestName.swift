/// Finds the name that a person probably meant.
enum NearestName {
    /// The name that the fewest slips lead to `word`; nil when all are more than a third of its
    /// letters, and at least two, away.
    static func of(_ word: String, among names: [String]) -> String? {
        let most = max(2, word.count / 3)
        let nearest = names.map { (name: $0, slips: slips(from: word, to: $0)) }
            .min { ($0.slips, $0.name) < ($1.slips, $1.name) }
        guard let nearest, nearest.slips <= most, nearest.slips < word.count else { return nil }
        return nearest.name
    }

    /// How many letters must be put in, left out, changed, or swapped with their neighbour (Damerau's
    /// distance in its restricted form).
    static func slips(from word: String, to name: String) -> Int {
        let word = Array(word.lowercased())
        let name = Array(name.lowercased())
        var beforeLast: [Int] = []
        var last = Array(0...name.count)
        for (row, letter) in word.enumerated() {
            var current = [row + 1]
            for (column, other) in name.enumerated() {
                var least = min(last[column + 1] + 1, current[column] + 1)
                least = min(least, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == name[column - 1], word[row - 1] == other {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            (beforeLast, last) = (last, current)
        }
        return last[name.count]
    }
}

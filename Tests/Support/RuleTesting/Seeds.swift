/// Seeds that are always tried: of these it is known what they reach.
package let fixedSeeds: [UInt64] = [1, 2, 3]

/// The same, and a fresh one, which is printed.
package let seeds: [UInt64] = {
    let fresh = UInt64.random(in: 0...UInt64.max)
    print("RuleTesting: fresh seed \(fresh)")
    return fixedSeeds + [fresh]
}()

/// Some seeds that are always tried, and a fresh one, which is printed.
package let seeds: [UInt64] = {
    let fresh = UInt64.random(in: 0...UInt64.max)
    print("RuleTesting: fresh seed \(fresh)")
    return [1, 2, 3, fresh]
}()

import Pages
import Testing

@Suite struct OrderClaimTests {
  @Test("the paper's order holds in both metrics")
  func holds() {
    let claims = sampleExperiment().claims
    #expect(claims.map(\.metric) == ["black", "white"])
    #expect(claims.allSatisfy { $0.holds && $0.pairs.count == 4 && $0.pairs.allSatisfy { $0.verdict == .holds } })
    #expect(
      claims[0].pairs.map { [$0.smaller, $0.larger] } == [
        ["positive", "original"], ["active", "original"], ["original", "negative"], ["original", "inactive"],
      ])
    #expect(
      claims[1].pairs.map { [$0.smaller, $0.larger] } == [
        ["negative", "original"], ["inactive", "original"], ["original", "positive"], ["original", "active"],
      ])
  }

  @Test(
    "one map on the wrong side of the original breaks it",
    arguments: zip([1, 2, 3, 4], ["positive", "negative", "active", "inactive"]))
  func fails(place: Int, view: String) throws {
    var black = [0.22, 0.16, 0.26, 0.17, 0.30]
    black[place] = place % 2 == 1 ? 0.23 : 0.21
    let claim = try #require(OrderClaim("black", in: sampleExperiment(black: black)))
    #expect(!claim.holds)
    let failed = claim.pairs.filter { $0.verdict == .fails }
    #expect(failed.count == 1 && [failed[0].smaller, failed[0].larger].contains(view))
  }

  @Test("equal areas are no order")
  func equal() throws {
    let claim = try #require(OrderClaim("black", in: sampleExperiment(black: [0.2, 0.2, 0.3, 0.1, 0.3])))
    #expect(claim.pairs.map(\.verdict) == [.fails, .holds, .holds, .holds])
  }

  @Test("pairs that the paper itself has close together may fall either way, others not", arguments: [0.009, 0.011])
  func eitherWay(gap: Double) throws {
    let experiment = sampleExperiment(
      black: [0.22, 0.16, 0.21, 0.17, 0.30], paper: [0.2131, 0.13, 0.2131 + gap, 0.14, 0.26])
    let claim = try #require(OrderClaim("black", in: experiment))
    #expect(claim.pairs[2].verdict == (gap < 0.01 ? .eitherWay : .fails))
    #expect(claim.holds == (gap < 0.01))
  }

  @Test("nothing is claimed of other metrics, or where a map is missing")
  func notClaimed() {
    var experiment = sampleExperiment()
    #expect(OrderClaim("mean", in: experiment) == nil)
    experiment.areas.removeAll { $0.series.metric == "white" && $0.series.view == "active" }
    #expect(experiment.claims.map(\.metric) == ["black"])
    experiment.areas = experiment.areas.map {
      PageArea(
        PageSeries(metric: $0.series.metric, kind: .map, attribution: "smoothgrad", view: $0.series.view), $0.estimate)
    }
    #expect(experiment.claims.isEmpty)
  }

  @Test("the area that is farthest from the paper's")
  func farthest() throws {
    let experiment = sampleExperiment(paper: [0.22, 0.19, nil, 0.16, 0.30])
    let (area, difference) = try #require(experiment.farthestFromPaper)
    #expect(area.series.view == "positive" && abs(difference + 0.03) < 1e-12)
    #expect(sampleExperiment().farthestFromPaper == nil)
  }
}

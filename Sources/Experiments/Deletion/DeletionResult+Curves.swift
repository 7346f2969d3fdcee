extension DeletionResult {
  /// The mean of all images' curves.
  ///
  /// - Parameters:
  ///   - metric: its place among ``DeletionSetup/curveMetrics``.
  ///   - series: its place among ``DeletionSetup/series(of:)``.
  public func curve(metric: Int, series: Int) -> [Double] {
    let (perImage, points) = shape(metric)
    return (0..<points).map { point in
      (0..<imageCount).reduce(0) { $0 + Double(curves[metric][$1 * perImage + series * points + point]) }
        / Double(imageCount)
    }
  }

  /// The mean of the images' scores, see ``CurveMetric``, for each series, with intervals as ``MeanInterval`` has them: all
  /// series share the draws.
  public func scores(metric: Int) -> [Area] {
    let (perImage, points) = shape(metric)
    guard let chosen = setup.curveMetrics?[metric] else { return [] }
    return stride(from: 0, to: perImage, by: points).map { first in
      let found = MeanInterval(
        (0..<imageCount).map { chosen.score(curves[metric][$0 * perImage + first..<$0 * perImage + first + points]) })
      return Area(value: found.mean, low: found.low, high: found.high)
    }
  }

  private func shape(_ metric: Int) -> (perImage: Int, points: Int) {
    let chosen = setup.curveMetrics?[metric]
    return (curves[metric].count / imageCount, chosen?.counts(of: setup.pixels).count ?? 0)
  }
}

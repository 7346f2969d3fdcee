import Files
import Foundation
import Tensors

/// Python's arithmetic on sizes, which a `torch.export` graph does beside its operators where sizes are not fixed.
enum SymbolicArithmetic {
  /// - Parameter target: such as `_operator.floordiv`.
  static func result(of target: String, _ arguments: [Operator.Argument]) throws -> Operator.Argument {
    let function = target.split(separator: ".").last.map(String.init) ?? target
    let result: Operator.Argument? =
      switch arguments.count {
      case 1: unary(function, arguments[0])
      case 2: binary(function, arguments[0], arguments[1])
      case 3: choice(function, arguments)
      default: nil
      }
    guard let result else {
      throw ExportedProgramError.unsupported(
        operator: "“\(target.plain)” on \(arguments.count) values", reason: "which is not known here")
    }
    return result
  }

  private static func unary(_ function: String, _ value: Operator.Argument) -> Operator.Argument? {
    switch (function, value) {
    case ("neg", .int(let number)): whole(0.subtractingReportingOverflow(number))
    case ("neg", .double(let number)): .double(-number)
    case ("pos", .int), ("pos", .double): value
    case ("sym_not", .bool(let truth)): .bool(!truth)
    case ("sym_int", .int), ("trunc", .int), ("sym_float", .double): value
    case ("sym_int", .double(let number)), ("trunc", .double(let number)):
      Int(exactly: number.rounded(.towardZero)).map { .int($0) }
    case ("floor", .double(let number)): Int(exactly: number.rounded(.down)).map { .int($0) }
    case ("ceil", .double(let number)): Int(exactly: number.rounded(.up)).map { .int($0) }
    case ("sym_float", .int(let number)): .double(Double(number))
    case ("sym_sqrt", _), ("_sym_sqrt", _): number(value).map { .double($0.squareRoot()) }
    default: nil
    }
  }

  private static func binary(_ function: String, _ a: Operator.Argument, _ b: Operator.Argument) -> Operator.Argument? {
    if case (.int(let a), .int(let b)) = (a, b) { return whole(function, a, b) }
    if case (.bool(let a), .bool(let b)) = (a, b) {
      return ["and_": a && b, "or_": a || b, "eq": a == b, "ne": a != b][function].map { .bool($0) }
    }
    guard let a = number(a), let b = number(b) else { return nil }
    let results = [
      "add": a + b, "sub": a - b, "mul": a * b, "truediv": a / b, "floordiv": (a / b).rounded(.down),
      "pow": Foundation.pow(a, b), "sym_max": max(a, b), "sym_min": min(a, b),
    ]
    return results[function].map { .double($0) } ?? comparison(function, a, b)
  }

  private static func whole(_ function: String, _ a: Int, _ b: Int) -> Operator.Argument? {
    switch function {
    case "add": whole(a.addingReportingOverflow(b))
    case "sub": whole(a.subtractingReportingOverflow(b))
    case "mul": whole(a.multipliedReportingOverflow(by: b))
    case "truediv": .double(Double(a) / Double(b))
    // Python rounds down where Swift cuts off.
    case "floordiv" where b != 0 && !(a == .min && b == -1): .int(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0))
    case "mod" where b == -1: .int(0)
    case "mod" where b != 0: .int(a % b != 0 && (a < 0) != (b < 0) ? a % b + b : a % b)
    case "pow" where b >= 0: Int(exactly: Foundation.pow(Double(a), Double(b))).map { .int($0) }
    case "pow": .double(Foundation.pow(Double(a), Double(b)))
    case "lshift" where (0..<63).contains(b): whole(a.multipliedReportingOverflow(by: 1 << b))
    case "rshift" where b >= 0: .int(a >> b)
    case "and_": .int(a & b)
    case "or_": .int(a | b)
    case "sym_max": .int(max(a, b))
    case "sym_min": .int(min(a, b))
    default: comparison(function, a, b)
    }
  }

  private static func comparison<Number: Comparable>(_ function: String, _ a: Number, _ b: Number) -> Operator.Argument?
  {
    ["eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b][function].map { .bool($0) }
  }

  /// One of two values, as a truth value says.
  private static func choice(_ function: String, _ arguments: [Operator.Argument]) -> Operator.Argument? {
    guard function == "sym_ite", case .bool(let truth) = arguments[0] else { return nil }
    return arguments[truth ? 1 : 2]
  }

  private static func number(_ value: Operator.Argument) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// Nil where a size is beyond what a number can hold.
  private static func whole(_ result: (partialValue: Int, overflow: Bool)) -> Operator.Argument? {
    result.overflow ? nil : .int(result.partialValue)
  }
}

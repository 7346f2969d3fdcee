"""Networks of one operator each: what ONNX's own implementations give for every operator that is read.

    pip install onnx onnxruntime numpy safetensors
    python3 make_operators.py

`operators.safetensors` holds for each case its file (`model/NAME`, bytes) and what onnxruntime answers, or onnx's reference
implementation where onnxruntime cannot (`output/NAME`). The metadata say which of the tensors `input/…` it is given. Both
implementations must agree; where they do not, the case names the one that does what ONNX's documentation says.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

here = pathlib.Path(__file__).resolve().parent
random = np.random.default_rng(3)


def numbers(*shape, low=-1.0, high=1.0):
    return random.uniform(low, high, shape).astype(np.float32)


inputs = {
    "signed": numbers(2, 3, 5, 6),
    "channels": numbers(2, 8, 3, 4),
    "large": numbers(1, 2, 9, 10),
    "positive": numbers(2, 3, 4, low=1.1, high=3.0),
    "matrix": numbers(3, 4, low=-3, high=3),
    "tokens": numbers(2, 4, 6),
    "heads": numbers(2, 2, 4, 3),
    "line": numbers(2, 4, 9),
    "solid": numbers(1, 2, 4, 5, 4),
    "halves": np.array([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]], np.float32),
    "special": np.array([[1, np.inf, -np.inf, np.nan, 0, -0.0]], np.float32),
}
tensors = {f"input/{name}": value for name, value in inputs.items()}
metadata = {}


def ints(*values):
    return np.array(values, np.int64)


def node(operator, names, results, **attributes):
    return helper.make_node(operator, names, results, **attributes)


def graph(name, nodes, x="signed", opset=18, constants=None, output="y", kind=None, trust=None):
    """A case of several nodes, from `x` to `output`."""
    kind = TensorProto.FLOAT if kind is None else kind
    model = helper.make_model(
        helper.make_graph(
            nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
            [helper.make_tensor_value_info(output, kind, None)],
            [numpy_helper.from_array(np.asarray(value), key) for key, value in (constants or {}).items()]),
        opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset < 19 else 10 if opset < 23 else 11)
    file = model.SerializeToString()
    answers, failures = {}, {}
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        answers["onnxruntime"] = session.run([output], {"x": inputs[x]})[0]
    except Exception as error:
        failures["onnxruntime"] = error
    try:
        with np.errstate(all="ignore"):
            answers["reference"] = np.asarray(ReferenceEvaluator(model).run([output], {"x": inputs[x]})[0])
    except Exception as error:
        failures["reference"] = error
    if not answers:
        raise SystemExit(f"{name}: {failures}")
    if len(answers) == 2 and trust is None:
        a, b = answers["onnxruntime"], answers["reference"]
        if a.shape != b.shape or not np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True):
            print(f"{name}: the two disagree: {a.shape} {a.ravel()[:4]}, {b.shape} {b.ravel()[:4]}")
    answer = answers[trust] if trust else answers.get("onnxruntime", answers.get("reference"))
    if answer.dtype not in (np.float32, np.float64):
        answer = answer.astype(np.int32)
    if name in metadata:
        raise SystemExit(f"{name} is there twice")
    metadata[name] = x
    tensors[f"model/{name}"] = np.frombuffer(file, np.uint8)
    tensors[f"output/{name}"] = answer.copy()


def case(name, operator, *names, results=1, take=0, x="signed", opset=18, constants=None, kind=None, trust=None, **attributes):
    """A case of one node that is given `names` ("x" is the input), of whose results one is taken."""
    made = [f"y{place}" if place != take else "y" for place in range(results)]
    graph(name, [node(operator, names or ("x",), made, **attributes)], x, opset, constants, "y", kind, trust)


B, I, F, D = TensorProto.BOOL, TensorProto.INT64, TensorProto.FLOAT, TensorProto.DOUBLE


def whole(name, nodes, *, scale=10.0, x="matrix", kind=I, constants=None, opset=18, **more):
    """A case of integers: `i` is the input times `scale`, cut off."""
    head = [node("Mul", ["x", "scale"], ["s"]), node("Cast", ["s"], ["i"], to=I)]
    graph(name, head + nodes, x, opset, {"scale": np.float32(scale), **(constants or {})}, "y", kind, **more)


def truths(name, operator, *, opset=18):
    """A case of truth values: `p` and `q`."""
    head = [node("Greater", ["x", "zero"], ["p"]), node("Less", ["x", "one"], ["q"])]
    names = ["p"] if operator == "Not" else ["p", "q"]
    graph(name, head + [node(operator, names, ["y"])], "matrix", opset,
          {"zero": np.float32(0), "one": np.float32(1)}, "y", B)


def elementwise():
    for operator in ["Abs", "Asin", "Acos", "Atan", "Asinh", "Atanh", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "HardSwish",
                     "Mish", "Neg", "Reciprocal", "Relu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Tan",
                     "Tanh", "Identity", "Elu", "Celu", "Selu", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Shrink"]:
        case(operator, operator, x="tokens" if operator != "HardSwish" else "matrix")
    for operator in ["Acosh", "Log", "Sqrt"]:
        case(operator, operator, x="positive")
    case("Round", "Round", x="halves")
    case("IsNaN", "IsNaN", x="special", kind=B)
    case("IsInf", "IsInf", x="special", kind=B)
    case("IsInf positive", "IsInf", x="special", kind=B, detect_negative=0)
    case("IsInf negative", "IsInf", x="special", kind=B, detect_positive=0)
    case("IsInf neither", "IsInf", x="special", kind=B, detect_positive=0, detect_negative=0)
    case("LeakyRelu alpha", "LeakyRelu", x="matrix", alpha=0.3)
    case("LeakyRelu zero", "LeakyRelu", x="matrix", alpha=0.0)
    case("Elu alpha", "Elu", x="matrix", alpha=2.0)
    case("Celu alpha", "Celu", x="matrix", alpha=2.0)
    case("Selu other", "Selu", x="matrix", alpha=1.5, gamma=1.2)
    case("Selu 6", "Selu", x="matrix", opset=7)
    case("Gelu", "Gelu", x="matrix", opset=20)
    case("Gelu tanh", "Gelu", x="matrix", opset=20, approximate="tanh")
    case("ThresholdedRelu alpha", "ThresholdedRelu", x="matrix", alpha=0.5)
    case("Shrink soft", "Shrink", x="matrix", bias=0.5, lambd=0.5)
    case("Shrink bias", "Shrink", x="matrix", bias=0.2, lambd=1.0)
    case("HardSigmoid torch", "HardSigmoid", x="matrix", alpha=1 / 6, beta=0.5)
    case("HardSigmoid alpha", "HardSigmoid", x="matrix", alpha=0.4, beta=0.3)
    case("PRelu one", "PRelu", "x", "s", constants={"s": np.float32([0.2])})
    case("PRelu channels", "PRelu", "x", "s", constants={"s": numbers(3, 1, 1)})
    case("PRelu last axis", "PRelu", "x", "s", constants={"s": numbers(6)})
    case("PRelu elements", "PRelu", "x", "s", constants={"s": numbers(3, 5, 6)}, x="signed")
    case("PRelu 7", "PRelu", "x", "s", constants={"s": numbers(3, 1, 1)}, opset=7)


def clips():
    low, high = np.float32(-0.5), np.float32(0.75)
    case("Clip 6", "Clip", x="matrix", opset=7, min=-0.5, max=0.75)
    case("Clip 6 min", "Clip", x="matrix", opset=10, min=-0.5)
    case("Clip 6 neither", "Clip", x="matrix", opset=10)
    case("Clip", "Clip", "x", "low", "high", x="matrix", constants={"low": low, "high": high})
    case("Clip relu6", "Clip", "x", "low", "high", x="matrix", constants={"low": np.float32(0), "high": np.float32(6)})
    case("Clip min", "Clip", "x", "low", x="matrix", opset=11, constants={"low": low})
    case("Clip relu", "Clip", "x", "low", x="matrix", constants={"low": np.float32(0)})
    case("Clip max", "Clip", "x", "", "high", x="matrix", opset=12, constants={"high": high})
    case("Clip neither", "Clip", "x", x="matrix")
    whole("Clip integers", [node("Clip", ["i", "low", "high"], ["y"])], constants={"low": np.int64(-9), "high": np.int64(12)})


def softmaxes():
    for operator in ["Softmax", "LogSoftmax", "Hardmax"]:
        case(operator, operator, x="signed")
        case(f"{operator} axis", operator, x="signed", axis=1)
        case(f"{operator} 13", operator, x="signed", opset=13, axis=-2)
    for operator in ["Softmax", "LogSoftmax"]:
        # Before opset 13 over all axes from that one on.
        case(f"{operator} 7", operator, x="signed", opset=7, trust="onnxruntime")
        case(f"{operator} 11", operator, x="signed", opset=11, axis=2, trust="onnxruntime")
        case(f"{operator} 11 last", operator, x="signed", opset=11, axis=-1)
        case(f"{operator} 11 matrix", operator, x="matrix", opset=11)


def binaries():
    row = numbers(4)
    for operator in ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"]:
        case(operator, operator, "x", "r", x="matrix", constants={"r": row})
        case(f"{operator} 7", operator, "x", "r", x="matrix", opset=8, constants={"r": row})
    for operator in ["Sub", "Div", "Pow"]:
        case(f"{operator} reversed", operator, "r", "x", x="positive", constants={"r": numbers(3, 1, low=1, high=2)})
    case("Add more axes", "Add", "x", "r", x="matrix", constants={"r": numbers(2, 1, 4)})
    case("Max of three", "Max", "x", "r", "z", x="matrix", constants={"r": row, "z": np.float32(0)})
    case("Sum of one", "Sum", "x", x="matrix")
    case("Mean of three", "Mean", "x", "x", "r", x="matrix", constants={"r": row})
    for operator in ["Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
        case(operator, operator, "x", "r", x="halves", constants={"r": np.float32([0.5])}, kind=B)
    case("Equal", "Equal", "x", "r", x="halves", constants={"r": np.float32([0.5])}, kind=B)
    case("Less 7", "Less", "x", "r", x="halves", opset=7, constants={"r": np.float32([0.5])}, kind=B)
    for operator in ["And", "Or", "Xor", "Not"]:
        truths(operator, operator)
    case("Pow scalar", "Pow", "x", "e", x="positive", constants={"e": np.float32(2.5)})
    case("Pow square", "Pow", "x", "e", x="matrix", constants={"e": np.float32(2)})
    case("Pow integer exponent", "Pow", "x", "e", x="matrix", constants={"e": np.int64(3)})
    case("Pow elements", "Pow", "x", "e", x="positive", constants={"e": numbers(2, 3, 4)})
    whole("Pow integers", [node("Pow", ["i", "e"], ["y"])], constants={"e": np.int64(2)})
    whole("Pow rounded", [node("Pow", ["i", "e"], ["y"])], constants={"e": np.float32(1.0)}, scale=4.0)
    whole("Div integers", [node("Div", ["i", "d"], ["y"])], constants={"d": np.int64(7)})
    whole("Div by negative", [node("Div", ["i", "d"], ["y"])], constants={"d": np.int64(-7)})
    whole("Mod", [node("Mod", ["i", "d"], ["y"])], constants={"d": np.int64(7)})
    whole("Mod negative", [node("Mod", ["i", "d"], ["y"])], constants={"d": np.int64(-7)})
    whole("Mod fmod", [node("Mod", ["i", "d"], ["y"], fmod=1)], constants={"d": np.int64(7)})
    case("Mod real", "Mod", "x", "d", x="matrix", constants={"d": np.float32(0.7)}, fmod=1)
    for operator in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        whole(operator, [node(operator, ["i", "d"], ["y"])], constants={"d": np.int64(21)})
    whole("BitwiseNot", [node("BitwiseNot", ["i"], ["y"])])
    graph("Where", [node("Greater", ["x", "z"], ["p"]), node("Where", ["p", "x", "r"], ["y"])], "matrix",
          constants={"z": np.float32(0), "r": row})
    graph("Where wider", [node("Greater", ["x", "z"], ["p"]), node("Where", ["p", "z", "r"], ["y"])], "matrix",
          constants={"z": np.float32(0), "r": numbers(2, 1, 1)})


def casts():
    for name, to in [("float", F), ("float64", D), ("float16", TensorProto.FLOAT16), ("bfloat16", TensorProto.BFLOAT16)]:
        graph(f"Cast {name}", [node("Cast", ["x"], ["c"], to=to), node("Cast", ["c"], ["y"], to=F)], "halves")
    for name, to in [("int64", I), ("int32", TensorProto.INT32), ("bool", B)]:
        case(f"Cast {name}", "Cast", x="halves", to=to, kind=to)
    for name, to in [("int8", TensorProto.INT8), ("int16", TensorProto.INT16), ("uint8", TensorProto.UINT8),
                     ("uint16", TensorProto.UINT16)]:
        whole(f"Cast {name}", [node("Cast", ["i"], ["y"], to=to)], kind=to, scale=30000.0)
    graph("CastLike", [node("CastLike", ["x", "l"], ["y"])], "halves", constants={"l": ints(1)}, kind=I)
    graph("CastLike float", [node("Cast", ["x"], ["i"], to=I), node("CastLike", ["i", "x"], ["y"])], "halves")


def products():
    case("MatMul", "MatMul", "x", "w", x="matrix", constants={"w": numbers(4, 5)})
    case("MatMul tokens", "MatMul", "x", "w", x="tokens", constants={"w": numbers(6, 5)})
    case("MatMul before", "MatMul", "w", "x", x="tokens", constants={"w": numbers(3, 4)})
    case("MatMul vector", "MatMul", "x", "w", x="tokens", constants={"w": numbers(6)})
    graph("MatMul of itself", [node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("MatMul", ["x", "t"], ["y"])], "tokens")
    case("MatMul batches", "MatMul", "x", "w", x="heads", constants={"w": numbers(2, 3, 2)})
    w, b = numbers(4, 5), numbers(5)
    case("Gemm", "Gemm", "x", "w", "b", x="matrix", constants={"w": w, "b": b})
    case("Gemm 7", "Gemm", "x", "w", "b", x="matrix", opset=7, constants={"w": w, "b": b})
    case("Gemm transposed", "Gemm", "x", "w", "b", x="matrix", constants={"w": numbers(5, 4), "b": b}, transB=1)
    case("Gemm factors", "Gemm", "x", "w", "b", x="matrix", constants={"w": w, "b": b}, alpha=0.5, beta=2.0)
    case("Gemm no bias", "Gemm", "x", "w", x="matrix", constants={"w": w}, alpha=0.5)
    case("Gemm scalar", "Gemm", "x", "w", "b", x="matrix", constants={"w": w, "b": np.float32(0.3)})
    case("Gemm column", "Gemm", "x", "w", "b", x="matrix", constants={"w": w, "b": numbers(3, 1)})
    case("Gemm row", "Gemm", "x", "w", "b", x="matrix", constants={"w": w, "b": numbers(1, 5)})
    case("Gemm whole", "Gemm", "x", "w", "b", x="matrix", constants={"w": w, "b": numbers(3, 5)})
    case("Gemm transA", "Gemm", "x", "w", "b", x="matrix", constants={"w": numbers(3, 5), "b": b}, transA=1)
    case("Einsum", "Einsum", "x", "w", x="tokens", equation="nld,dk->nlk", constants={"w": numbers(6, 2)})
    case("Einsum implicit", "Einsum", "x", "w", x="matrix", equation="ij,jk", constants={"w": w})
    case("Einsum ellipsis", "Einsum", "x", "w", x="heads", equation="...ij,...kj->...ik", constants={"w": numbers(1, 2, 5, 3)})
    case("Einsum one", "Einsum", "x", x="tokens", equation="abc->cb")


def convolutions():
    for name, x, w, more in [
        ("Conv", "signed", (4, 3, 3, 3), {}),
        ("Conv pads", "signed", (4, 3, 3, 3), dict(pads=[1, 1, 1, 1], strides=[2, 2])),
        ("Conv uneven", "signed", (2, 3, 3, 2), dict(pads=[0, 1, 2, 0], strides=[2, 1], kernel_shape=[3, 2])),
        ("Conv same upper", "signed", (2, 3, 3, 2), dict(auto_pad="SAME_UPPER", strides=[2, 2])),
        ("Conv same lower", "signed", (2, 3, 3, 2), dict(auto_pad="SAME_LOWER", strides=[2, 1])),
        ("Conv valid", "signed", (2, 3, 2, 2), dict(auto_pad="VALID")),
        ("Conv dilated", "signed", (2, 3, 2, 2), dict(dilations=[2, 3], pads=[1, 1, 1, 1])),
        ("Conv same dilated", "large", (2, 2, 3, 3), dict(dilations=[2, 2], auto_pad="SAME_UPPER")),
        ("Conv groups", "channels", (4, 4, 1, 1), dict(group=2)),
        ("Conv depthwise", "channels", (8, 1, 3, 3), dict(group=8, pads=[1, 1, 1, 1])),
        ("Conv line", "line", (3, 4, 3), dict(pads=[2, 1], strides=[2])),
        ("Conv solid", "solid", (2, 2, 2, 2, 2), dict(strides=[1, 2, 1])),
    ]:
        case(name, "Conv", "x", "w", "b", x=x, constants={"w": numbers(*w), "b": numbers(w[0])}, **more)
    case("Conv no bias", "Conv", "x", "w", constants={"w": numbers(2, 3, 1, 1)}, opset=7)
    for name, x, w, more in [
        ("ConvTranspose", "signed", (3, 2, 3, 3), {}),
        ("ConvTranspose strides", "signed", (3, 2, 3, 3), dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])),
        ("ConvTranspose uneven", "signed", (3, 2, 3, 3), dict(strides=[2, 2], pads=[0, 1, 1, 0])),
        ("ConvTranspose groups", "channels", (8, 2, 2, 2), dict(group=4, strides=[2, 2])),
        ("ConvTranspose dilated", "signed", (3, 1, 2, 2), dict(dilations=[2, 2])),
        ("ConvTranspose same upper", "signed", (3, 1, 3, 3), dict(strides=[2, 2], auto_pad="SAME_UPPER")),
        ("ConvTranspose line", "line", (4, 2, 3), dict(strides=[2])),
    ]:
        case(name, "ConvTranspose", "x", "w", "b", x=x,
             constants={"w": numbers(*w), "b": numbers(w[1] * more.get("group", 1))},
             trust="onnxruntime" if "same" in name else None, **more)


def pools():
    for operator in ["MaxPool", "AveragePool"]:
        for name, x, more in [
            ("", "signed", dict(kernel_shape=[2, 2])),
            (" strides", "signed", dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])),
            (" uneven", "signed", dict(kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])),
            (" uneven axes", "signed", dict(kernel_shape=[3, 2], strides=[2, 1], pads=[2, 0, 1, 1])),
            (" same upper", "signed", dict(kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")),
            (" same lower", "signed", dict(kernel_shape=[2, 3], strides=[1, 2], auto_pad="SAME_LOWER")),
            (" valid", "signed", dict(kernel_shape=[2, 3], auto_pad="VALID")),
            (" ceil", "signed", dict(kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)),
            (" ceil pads", "large", dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)),
            (" ceil uneven", "large", dict(kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], ceil_mode=1)),
            (" line", "line", dict(kernel_shape=[3], strides=[2])),
            (" solid", "solid", dict(kernel_shape=[2, 2, 2])),
        ]:
            case(operator + name, operator, x=x, trust="onnxruntime" if name == " same lower" else None, **more)
            if operator == "AveragePool" and name not in (" line", " solid", "", " valid"):
                case(f"{operator}{name} counted", operator, x=x, count_include_pad=1, **more)
    case("AveragePool 7", "AveragePool", opset=7, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    case("MaxPool dilated", "MaxPool", x="large", kernel_shape=[3, 2], dilations=[2, 3])
    case("MaxPool 8", "MaxPool", opset=8, kernel_shape=[2, 2], strides=[2, 2])
    case("GlobalAveragePool", "GlobalAveragePool")
    case("GlobalAveragePool solid", "GlobalAveragePool", x="solid")
    case("GlobalMaxPool", "GlobalMaxPool")
    case("GlobalMaxPool line", "GlobalMaxPool", x="line", trust="onnxruntime")
    case("LpPool", "LpPool", kernel_shape=[2, 2], strides=[2, 2])
    case("LpPool 3", "LpPool", kernel_shape=[3, 2], pads=[1, 0, 1, 0], p=3)


def normalizations():
    s, b = numbers(3, low=0.5, high=1.5), numbers(3)
    m, v = numbers(3), numbers(3, low=0.5, high=2)
    for opset in [7, 9, 14, 15]:
        case(f"BatchNormalization {opset}", "BatchNormalization", "x", "s", "b", "m", "v", opset=opset, epsilon=1e-3,
             constants={"s": s, "b": b, "m": m, "v": v}, trust="onnxruntime")
    case("InstanceNormalization", "InstanceNormalization", "x", "s", "b", constants={"s": s, "b": b}, epsilon=1e-2)
    case("LayerNormalization", "LayerNormalization", "x", "s", "b", x="tokens", constants={"s": numbers(6), "b": numbers(6)})
    case("LayerNormalization axes", "LayerNormalization", "x", "s", "b", axis=1, epsilon=1e-3,
         constants={"s": numbers(3, 5, 6), "b": numbers(3, 5, 6)})
    case("LayerNormalization scale", "LayerNormalization", "x", "s", x="tokens", constants={"s": numbers(6)})
    case("LayerNormalization broadcast", "LayerNormalization", "x", "s", "b", x="tokens", axis=-2,
         constants={"s": numbers(6), "b": numbers(4, 6)}, trust="reference")
    case("GroupNormalization 18", "GroupNormalization", "x", "s", "b", x="channels", opset=18, num_groups=4,
         constants={"s": numbers(4), "b": numbers(4)})
    case("GroupNormalization 21", "GroupNormalization", "x", "s", "b", x="channels", opset=21, num_groups=4, epsilon=1e-3,
         constants={"s": numbers(8), "b": numbers(8)})
    case("RMSNormalization", "RMSNormalization", "x", "s", x="tokens", opset=23, constants={"s": numbers(6)})
    case("RMSNormalization axes", "RMSNormalization", "x", "s", x="tokens", opset=23, axis=1, epsilon=1e-2,
         constants={"s": numbers(4, 6)})
    case("LpNormalization", "LpNormalization", x="matrix")
    case("LpNormalization 1", "LpNormalization", x="matrix", axis=0, p=1, trust="onnxruntime")
    case("MeanVarianceNormalization", "MeanVarianceNormalization")
    case("MeanVarianceNormalization axes", "MeanVarianceNormalization", axes=[1, 3])
    case("LRN", "LRN", x="channels", size=3, alpha=0.5, beta=0.6, bias=1.5, trust="onnxruntime")
    quantized = random.integers(0, 255, (3, 4)).astype(np.uint8)
    graph("DequantizeLinear", [node("DequantizeLinear", ["w", "s", "z"], ["d"]), node("Mul", ["x", "d"], ["y"])], "matrix",
          opset=10, constants={"w": quantized, "s": np.float32(0.1), "z": np.uint8(7)})
    graph("DequantizeLinear axis", [node("DequantizeLinear", ["w", "s", "z"], ["d"], axis=0), node("Mul", ["x", "d"], ["y"])],
          "matrix", opset=13,
          constants={"w": quantized.astype(np.int8), "s": numbers(3), "z": np.array([1, -2, 3], np.int8)})
    graph("DequantizeLinear scale", [node("DequantizeLinear", ["w", "s"], ["d"], axis=1), node("Mul", ["x", "d"], ["y"])],
          "matrix", opset=13, constants={"w": quantized.astype(np.int8), "s": numbers(4)})
    case("Dropout", "Dropout", x="matrix", opset=7)
    case("Dropout 12", "Dropout", "x", "r", "t", x="matrix", opset=12, constants={"r": np.float32(0.5), "t": np.array(False)})
    case("Dropout mask", "Dropout", results=2, take=1, x="matrix", opset=13, kind=B)


def reductions():
    for operator in ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare",
                     "ReduceLogSumExp", "ReduceProd", "ReduceLogSum"]:
        old = 11
        x = "positive" if operator == "ReduceLogSum" else "tokens"
        case(f"{operator} attribute", operator, x=x, opset=old, axes=[1, -1])
        case(f"{operator} input", operator, "x", "a", x=x, keepdims=0, constants={"a": ints(2)})
        case(f"{operator} all", operator, x=x, opset=18, keepdims=0)
    case("ReduceSum 13", "ReduceSum", "x", "a", x="tokens", opset=13, constants={"a": ints(0, 2)})
    case("ReduceMean 13", "ReduceMean", x="signed", opset=13, axes=[2, 3], keepdims=0)
    case("ReduceSum empty", "ReduceSum", "x", "a", x="matrix", opset=13, constants={"a": ints()}, noop_with_empty_axes=1)
    case("ReduceSum empty all", "ReduceSum", "x", "a", x="matrix", opset=13, constants={"a": ints()})
    for operator in ["ArgMax", "ArgMin"]:
        case(operator, operator, x="matrix", kind=I)
        case(f"{operator} axis", operator, x="tokens", axis=-1, keepdims=0, kind=I)
        case(f"{operator} 7", operator, x="matrix", opset=7, axis=1, kind=I)
    case("CumSum", "CumSum", "x", "a", x="matrix", constants={"a": np.int64(1)})
    case("CumSum exclusive", "CumSum", "x", "a", x="matrix", constants={"a": np.int64(0)}, exclusive=1)
    case("CumSum reverse", "CumSum", "x", "a", x="matrix", constants={"a": np.int64(-1)}, reverse=1, exclusive=1)


def places():
    case("Gather", "Gather", "x", "i", constants={"i": ints(2, 0)}, axis=1)
    case("Gather negative", "Gather", "x", "i", constants={"i": ints(-1, 0)}, axis=-1)
    case("Gather one", "Gather", "x", "i", x="tokens", constants={"i": np.int64(1)}, axis=1)
    case("Gather one negative", "Gather", "x", "i", x="tokens", constants={"i": np.int64(-1)}, axis=2)
    case("Gather matrix", "Gather", "x", "i", x="tokens", constants={"i": ints([0, 1], [2, -1])}, axis=1)
    case("Gather 7", "Gather", "x", "i", x="matrix", opset=7, constants={"i": ints(1)})
    graph("Gather by pixels", [node("ArgMax", ["x"], ["i"], axis=0, keepdims=0), node("Gather", ["x", "i"], ["y"])], "matrix")
    case("GatherElements", "GatherElements", "x", "i", x="matrix", constants={"i": ints([0, 1, 2, -1], [2, 1, 0, -2])})
    case("GatherElements axis", "GatherElements", "x", "i", x="matrix", constants={"i": ints([0, -1], [1, 2], [3, 3])}, axis=1)
    case("GatherND", "GatherND", "x", "i", x="tokens", constants={"i": ints([0, 1], [1, 3])})
    case("GatherND whole", "GatherND", "x", "i", x="matrix", constants={"i": ints([0, 1], [-1, 3])})
    case("GatherND more", "GatherND", "x", "i", x="tokens", constants={"i": ints([[0], [1]], [[1], [1]])})
    u = numbers(2, 4)
    case("ScatterElements", "ScatterElements", "x", "i", "u", x="matrix", constants={"i": ints([0, 1, 2, 0], [2, -1, 0, 1]), "u": u})
    case("ScatterElements axis", "ScatterElements", "x", "i", "u", x="matrix", axis=1,
         constants={"i": ints([0, -1], [1, 2]), "u": numbers(2, 2)})
    case("ScatterElements add", "ScatterElements", "x", "i", "u", x="matrix", reduction="add",
         constants={"i": ints([0, 1, 2, 0], [0, 1, 0, 1]), "u": u})
    case("ScatterND", "ScatterND", "x", "i", "u", x="matrix", constants={"i": ints([0], [2]), "u": u})
    case("ScatterND elements", "ScatterND", "x", "i", "u", x="matrix", constants={"i": ints([0, 1], [-1, 3]), "u": numbers(2)})
    case("ScatterND add", "ScatterND", "x", "i", "u", x="matrix", reduction="add",
         constants={"i": ints([1], [1]), "u": u})
    graph("OneHot", [node("ArgMax", ["x"], ["i"], axis=1, keepdims=0), node("OneHot", ["i", "d", "v"], ["y"])], "matrix",
          constants={"d": np.int64(4), "v": np.float32([0.5, 2])})
    graph("OneHot axis", [node("ArgMax", ["x"], ["i"], axis=1, keepdims=0), node("OneHot", ["i", "d", "v"], ["y"], axis=0)],
          "matrix", constants={"d": ints(5), "v": np.float32([0, 1])})
    graph("OneHot negative", [node("OneHot", ["i", "d", "v"], ["h"]), node("MatMul", ["h", "x"], ["y"])], "matrix",
          constants={"i": ints(-1, 0, 2), "d": np.int64(3), "v": np.float32([0, 1])})
    graph("NonZero", [node("NonZero", ["m"], ["i"]), node("Transpose", ["i"], ["t"]), node("GatherND", ["x", "t"], ["y"])],
          "matrix", constants={"m": np.float32([[1, 0, 0, 1], [0, 0, 0, 0], [0, 2, 0, 0]])})


def shapes():
    case("Reshape", "Reshape", "x", "s", constants={"s": ints(2, 15, 6)})
    case("Reshape kept", "Reshape", "x", "s", constants={"s": ints(0, 0, -1)})
    case("Reshape rest", "Reshape", "x", "s", constants={"s": ints(-1, 6)})
    case("Reshape 7", "Reshape", "x", "s", opset=7, constants={"s": ints(0, -1)})
    case("Reshape allowzero", "Reshape", "x", "s", opset=14, constants={"s": ints(2, 90)}, allowzero=1)
    graph("Reshape to its shape", [
        node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Unsqueeze", ["n", "zeros"], ["u"]),
        node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["y"])],
          constants={"zero": np.int64(0), "zeros": ints(0), "rest": ints(-1)})
    case("Flatten", "Flatten")
    case("Flatten 0", "Flatten", axis=0)
    case("Flatten 2", "Flatten", axis=2)
    case("Flatten last", "Flatten", axis=4, opset=11)
    case("Flatten negative", "Flatten", axis=-1, opset=11)
    case("Flatten matrix", "Flatten", x="matrix")
    graph("Squeeze", [node("GlobalAveragePool", ["x"], ["p"]), node("Squeeze", ["p"], ["y"])])
    graph("Squeeze attribute", [node("GlobalAveragePool", ["x"], ["p"]), node("Squeeze", ["p"], ["y"], axes=[3])], opset=11)
    graph("Squeeze input", [node("GlobalAveragePool", ["x"], ["p"]), node("Squeeze", ["p", "a"], ["y"])],
          constants={"a": ints(-1, 2)})
    case("Unsqueeze attribute", "Unsqueeze", x="matrix", opset=11, axes=[0, 3])
    case("Unsqueeze input", "Unsqueeze", "x", "a", x="matrix", constants={"a": ints(-1, 1)})
    case("Transpose", "Transpose", x="tokens")
    case("Transpose perm", "Transpose", perm=[0, 2, 3, 1])
    case("Expand", "Expand", "x", "s", x="matrix", constants={"s": ints(2, 3, 4)})
    case("Expand ones", "Expand", "x", "s", x="matrix", constants={"s": ints(1, 1)})
    graph("Expand a row", [node("ReduceMean", ["x"], ["m"], axes=[0]), node("Expand", ["m", "s"], ["y"])], "matrix", opset=13,
          constants={"s": ints(5, 4)})
    case("Tile", "Tile", "x", "r", x="matrix", constants={"r": ints(2, 1)})
    case("Tile both", "Tile", "x", "r", x="matrix", constants={"r": ints(1, 3)})
    case("Concat", "Concat", "x", "w", x="matrix", constants={"w": numbers(2, 4)}, axis=0)
    case("Concat last", "Concat", "x", "x", "x", x="tokens", axis=-1)
    case("Split", "Split", results=3, take=1, axis=1)
    case("Split 11", "Split", results=2, take=1, opset=11, axis=3, split=[2, 4])
    case("Split 13", "Split", "x", "s", results=2, take=0, opset=13, axis=-1, constants={"s": ints(1, 5)})
    case("Split uneven", "Split", results=2, take=1, opset=18, axis=2, num_outputs=2)
    case("Split first axis", "Split", results=2, take=1, opset=13)
    case("Size", "Size", kind=I)
    case("Shape", "Shape", kind=I)
    case("Shape part", "Shape", opset=15, start=1, end=-1, kind=I)
    case("DepthToSpace", "DepthToSpace", x="channels", blocksize=2)
    case("DepthToSpace CRD", "DepthToSpace", x="channels", blocksize=2, mode="CRD")
    graph("SpaceToDepth", [node("Slice", ["x", "start", "end"], ["p"]), node("SpaceToDepth", ["p"], ["y"], blocksize=2)],
          constants={"start": ints(0, 0, 0, 0), "end": ints(9, 9, 4, 4)})
    case("Trilu", "Trilu", x="tokens")
    case("Trilu lower", "Trilu", "x", "k", x="tokens", upper=0, constants={"k": np.int64(-1)})
    case("EyeLike", "EyeLike", x="matrix", k=1)
    case("EyeLike integer", "EyeLike", x="matrix", dtype=I, kind=I)
    graph("ConstantOfShape", [node("Shape", ["x"], ["s"]),
                              node("ConstantOfShape", ["s"], ["c"], value=helper.make_tensor("v", F, [1], [2.5])),
                              node("Add", ["x", "c"], ["y"])], "matrix")
    graph("ConstantOfShape zero", [node("ConstantOfShape", ["s"], ["c"]), node("Add", ["x", "c"], ["y"])], "matrix",
          constants={"s": ints(3, 1)})
    graph("Range", [node("Range", ["a", "b", "c"], ["r"]), node("Cast", ["r"], ["f"], to=F), node("Add", ["x", "f"], ["y"])],
          "matrix", constants={"a": np.int64(5), "b": np.int64(-2), "c": np.int64(-2)})
    graph("Range real", [node("Range", ["a", "b", "c"], ["r"]), node("Add", ["x", "r"], ["y"])], "matrix",
          constants={"a": np.float32(0.5), "b": np.float32(2.1), "c": np.float32(0.5)})
    for name, more in [
        ("tensor", dict(value=numpy_helper.from_array(numbers(4)))), ("float", dict(value_float=1.5)),
        ("floats", dict(value_floats=[1.0, 2.0, 3.0, 4.0])),
        ("double data", dict(value=helper.make_tensor("v", F, [4], [1, 2, 3, 4]))),
    ]:
        graph(f"Constant {name}", [node("Constant", [], ["c"], **more), node("Add", ["x", "c"], ["y"])], "matrix", opset=13)
    for name, more in [("int", dict(value_int=3)), ("ints", dict(value_ints=[1, -2, 3, 4])),
                       ("int32 data", dict(value=helper.make_tensor("v", I, [4], [1, -2, 3, 4])))]:
        whole(f"Constant {name}", [node("Constant", [], ["c"], **more), node("Add", ["i", "c"], ["y"])], opset=13)
    # Every element type that weights may have.
    for name, kind in [("float16", np.float16), ("float64", np.float64), ("int8", np.int8), ("uint8", np.uint8),
                       ("int16", np.int16), ("uint16", np.uint16), ("int32", np.int32), ("bool", np.bool_),
                       ("uint32", np.uint32), ("uint64", np.uint64)]:
        values = np.array([1, 0, 3, 200]).astype(kind)
        graph(f"weights {name}", [node("Cast", ["w"], ["f"], to=F), node("Add", ["x", "f"], ["y"])], "matrix",
              constants={"w": values})
    for name, kind, values in [("float16", TensorProto.FLOAT16, [1, 0.5, -2, 4]), ("uint8", TensorProto.UINT8, [1, 2, 3, 200]),
                               ("int32", TensorProto.INT32, [1, -2, 3, 200]), ("bfloat16", TensorProto.BFLOAT16, [1, 0.5, -2, 4]),
                               ("uint64", TensorProto.UINT64, [1, 2, 3, 4]), ("double", D, [1, 2, 3, 4])]:
        graph(f"weights in a list {name}", [
            node("Constant", [], ["w"], value=helper.make_tensor("v", kind, [4], values)), node("Cast", ["w"], ["f"], to=F),
            node("Add", ["x", "f"], ["y"])], "matrix", opset=13)


def slices():
    def taken(name, starts, ends, axes=None, steps=None, x="signed"):
        constants = {"s": ints(*starts), "e": ints(*ends)}
        names = ["x", "s", "e"]
        if axes is not None or steps is not None:
            constants["a"] = ints(*(axes if axes is not None else range(len(starts))))
            names.append("a")
        if steps is not None:
            constants["t"] = ints(*steps)
            names.append("t")
        case(name, "Slice", *names, x=x, constants=constants)

    case("Slice 7", "Slice", opset=7, starts=[1, -3], ends=[9, -1], axes=[1, 3])
    case("Slice 9 no axes", "Slice", opset=9, starts=[0, 1], ends=[1, 3])
    taken("Slice", [0, 1], [2, 3])
    taken("Slice axes", [1, -4], [3, -1], [2, -1])
    taken("Slice steps", [0, 1], [5, 6], [2, 3], [2, 3])
    taken("Slice backwards", [-1], [-(1 << 62)], [3], [-1])
    taken("Slice backwards steps", [4, 5], [0, 1], [2, 3], [-2, -3])
    taken("Slice backwards from beyond", [100], [-100], [2], [-2])
    taken("Slice beyond", [1], [(1 << 63) - 1], [2])
    taken("Slice one", [0], [1], [0])
    mode = "tokens"
    case("Pad 2", "Pad", x=mode, opset=7, pads=[0, 1, 0, 0, 0, 2], value=0.5)
    case("Pad", "Pad", "x", "p", x=mode, constants={"p": ints(0, 1, 2, 0, 0, 1)})
    case("Pad value", "Pad", "x", "p", "v", x=mode, constants={"p": ints(1, 0, 0, 0, 1, 0), "v": np.float32(-2)})
    case("Pad cropped", "Pad", "x", "p", x=mode, constants={"p": ints(0, -1, 1, 0, -1, -2)})
    case("Pad axes", "Pad", "x", "p", "", "a", x=mode, constants={"p": ints(1, 2), "a": ints(-1)})
    for kind in ["reflect", "edge", "wrap"]:
        case(f"Pad {kind}", "Pad", "x", "p", x=mode, opset=19, mode=kind, constants={"p": ints(0, 2, 1, 0, 3, 2)})
    case("Pad reflect 7", "Pad", x=mode, opset=7, mode="reflect", pads=[0, 0, 2, 0, 0, 1])
    case("TopK", "TopK", "x", "k", results=2, take=0, x="tokens", constants={"k": ints(2)})
    case("TopK places", "TopK", "x", "k", results=2, take=1, x="tokens", axis=1, largest=0, constants={"k": ints(3)}, kind=I)
    case("TopK 7", "TopK", results=2, take=0, x="matrix", opset=7, axis=1, k=2)


def resizing():
    def resized(name, scales=None, sizes=None, x="signed", opset=19, trust=None, **more):
        if scales:
            case(name, "Resize", "x", "", "s", x=x, opset=opset, constants={"s": np.float32(scales)}, trust=trust, **more)
        else:
            case(name, "Resize", "x", "", "", "s", x=x, opset=opset, constants={"s": ints(*sizes)}, trust=trust, **more)

    for coordinates in ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric"]:
        for mode in ["nearest", "linear", "cubic"]:
            resized(f"Resize {mode} {coordinates}", scales=[1, 1, 1.5, 0.6], mode=mode, coordinate_transformation_mode=coordinates,
                    trust="onnxruntime" if coordinates == "align_corners" else None)
            resized(f"Resize {mode} {coordinates} to a size", sizes=[2, 3, 8, 4], mode=mode,
                    coordinate_transformation_mode=coordinates)
    for rounding in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
        for coordinates in ["half_pixel", "asymmetric"]:
            resized(f"Resize nearest {coordinates} {rounding}", sizes=[1, 2, 6, 15], x="large", mode="nearest",
                    coordinate_transformation_mode=coordinates, nearest_mode=rounding)
    resized("Resize double", scales=[1, 1, 2, 2], mode="nearest", coordinate_transformation_mode="asymmetric",
            nearest_mode="floor")
    resized("Resize double bilinear", scales=[1, 1, 2, 2], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    resized("Resize to one", sizes=[2, 3, 1, 1], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    resized("Resize channels", sizes=[2, 5, 5, 6], mode="linear", trust="reference")
    resized("Resize cubic coefficient", sizes=[2, 3, 8, 4], mode="cubic", cubic_coeff_a=-0.5)
    resized("Resize cubic inside", sizes=[2, 3, 8, 4], mode="cubic", exclude_outside=1)
    resized("Resize antialias", sizes=[1, 2, 4, 3], x="large", mode="linear", antialias=1)
    resized("Resize antialias cubic", sizes=[1, 2, 4, 3], x="large", mode="cubic", antialias=1, exclude_outside=1)
    resized("Resize axes", sizes=[8, 4], mode="linear", axes=[2, 3], opset=18)
    resized("Resize not larger", sizes=[8, 7], mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_larger")
    resized("Resize not smaller", sizes=[8, 7], mode="nearest", axes=[2, 3], keep_aspect_ratio_policy="not_smaller")
    resized("Resize 13", scales=[1, 1, 2, 1.5], mode="linear", opset=13, coordinate_transformation_mode="half_pixel")
    case("Resize 11", "Resize", "x", "r", "s", opset=11, mode="linear",
         constants={"r": np.float32([]), "s": np.float32([1, 1, 2, 1.5])})
    case("Resize 10", "Resize", "x", "s", opset=10, mode="nearest", constants={"s": np.float32([1, 1, 2, 3])})
    case("Resize 10 linear", "Resize", "x", "s", opset=10, mode="linear", constants={"s": np.float32([1, 1, 2, 3])},
         trust="onnxruntime")
    case("Upsample 7", "Upsample", opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0])
    case("Upsample 9", "Upsample", "x", "s", opset=9, mode="linear", constants={"s": np.float32([1, 1, 2, 2])},
         trust="onnxruntime")


def attentions():
    grid = np.stack(np.meshgrid(np.linspace(-1.2, 1.2, 4), np.linspace(-0.9, 1.1, 3)), -1)[None].astype(np.float32)
    grid = np.repeat(grid, 2, 0)
    for opset, modes in [(16, ["bilinear", "nearest", "bicubic"]), (20, ["linear", "nearest", "cubic"])]:
        for mode in modes:
            case(f"GridSample {opset} {mode}", "GridSample", "x", "g", opset=opset, mode=mode, constants={"g": grid})
    for padding in ["border", "reflection"]:
        case(f"GridSample {padding}", "GridSample", "x", "g", opset=16, padding_mode=padding, align_corners=1, constants={"g": grid})
    k, v = numbers(2, 2, 5, 3), numbers(2, 2, 5, 4)
    trust = "reference"
    case("Attention", "Attention", "x", "k", "v", x="heads", opset=23, constants={"k": k, "v": v}, trust=trust)
    case("Attention scale", "Attention", "x", "k", "v", x="heads", opset=23, scale=0.3, constants={"k": k, "v": v}, trust=trust)
    case("Attention causal", "Attention", "x", "k", "v", x="heads", opset=23, is_causal=1, constants={"k": k, "v": v}, trust=trust)
    case("Attention mask", "Attention", "x", "k", "v", "m", x="heads", opset=23, trust=trust,
         constants={"k": k, "v": v, "m": numbers(4, 5)})
    hidden = np.ones((4, 5), bool)
    hidden[1, 2:] = False
    case("Attention hidden", "Attention", "x", "k", "v", "m", x="heads", opset=23, trust=trust,
         constants={"k": k, "v": v, "m": hidden})
    case("Attention groups", "Attention", "x", "k", "v", x="heads", opset=23, trust=trust,
         constants={"k": k[:, :1], "v": v[:, :1]})
    case("Attention flat", "Attention", "x", "k", "v", x="tokens", opset=23, q_num_heads=2, kv_num_heads=2, trust=trust,
         constants={"k": numbers(2, 5, 6), "v": numbers(2, 5, 8)})


def branches():
    def branch(name, value):
        return helper.make_graph([node("Mul", ["x", f"w{name}"], [f"o{name}"])], name,
                                 [], [helper.make_tensor_value_info(f"o{name}", F, None)],
                                 [numpy_helper.from_array(np.float32(value), f"w{name}")])

    for name, limit in [("If then", 2), ("If else", 9)]:
        graph(name, [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Greater", ["n", "limit"], ["p"]),
                     node("If", ["p"], ["y"], then_branch=branch("a", 2), else_branch=branch("b", 3))], "matrix",
              constants={"zero": np.int64(0), "limit": np.int64(limit)})


elementwise()
clips()
softmaxes()
binaries()
casts()
products()
convolutions()
pools()
normalizations()
reductions()
places()
shapes()
slices()
resizing()
attentions()
branches()
save_file(tensors, here / "operators.safetensors", metadata)
print(len(metadata), "cases,", (here / "operators.safetensors").stat().st_size, "bytes")

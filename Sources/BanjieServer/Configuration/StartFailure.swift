internal import Sealing
internal import Store
internal import TLS
internal import Telemetry
internal import Transport

/// What kept the server from starting, in a sentence.
struct StartFailure {
    let text: Text

    init(_ error: any Error) {
        let kind: String? =
            switch error {
            case StoreError.notWritable: "存储无法写入"
            case StoreError.busy: "存储被其他进程占用"
            case StoreError.corrupt: "存储已损坏"
            case StoreError.schema: "存储的结构不为本程序所知"
            case is StoreError: "存储无法打开"
            case is KeyFileError, is KeysMissing: "密钥文件无法使用"
            case is TransportError: "无法监听"
            case is TLSFileError: "TLS 文件无法使用"
            case is MetricsEndpoint.Failure: "无法提供指标"
            default: nil
            }
        text = Text(
            "can't start: \(error)",
            "无法启动：" + (kind.map { "\($0)（\(error)）" } ?? "\(error)")
        )
    }
}

/// The store holds sealed values, and there is no key file.
struct KeysMissing: Error, CustomStringConvertible {
    let file: String
    let store: String

    var description: String {
        "\(store) holds sealed personal data and the key file \(file) isn't there: restore it from its "
            + "copy, or name it by --keys"
    }
}

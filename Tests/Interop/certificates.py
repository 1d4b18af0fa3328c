"""An authority of our own, and certificates from it, for tests under TLS."""

import pathlib
import shutil
import ssl
import subprocess
import tempfile


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Certificates:
    """Files in a folder that `remove` removes."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="banjie-tls-"))
        openssl("req", "-x509", *self.new_key("authority"), "-subj", "/CN=Authority", "-days", 2,
                "-out", self.folder / "authority.pem")
        self.issue("server", "IP:127.0.0.1")
        self.server_options = [
            "--listen", "tls:127.0.0.1:0", "--tls-certificate", self.folder / "server.pem",
            "--tls-key", self.folder / "server.key", "--tls-client-ca", self.folder / "authority.pem"]

    def new_key(self, name):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder / f"{name}.key"

    def issue(self, name, names):
        request = self.folder / f"{name}.csr"
        openssl("req", "-new", *self.new_key(name), "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}",
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.folder / "authority.pem", "-CAkey",
                self.folder / "authority.key", "-copy_extensions", "copyall", "-days", 2,
                "-out", self.folder / f"{name}.pem")

    def context(self, certificate=None):
        context = ssl.create_default_context(cafile=self.folder / "authority.pem")
        if certificate:
            context.load_cert_chain(self.folder / f"{certificate}.pem", self.folder / f"{certificate}.key")
        return context

    def remove(self):
        shutil.rmtree(self.folder)

"""Docker's client gets as far as the socket, which is not there, or is refused by requests."""

import docker

try:
    docker.APIClient(base_url="unix:///nonexistent.sock", version="auto")
except docker.errors.DockerException as error:
    if "URL scheme" in str(error):
        raise

# docker build -t sspnet-sdk .                            CPU
# docker build -t sspnet-sdk:gpu --target gpu .           NVIDIA GPUs; run with --gpus all
# docker build -t sspnet-sdk:jetson --target jetson .     on a Jetson with JetPack 6; run with --runtime nvidia
#
# docker run --rm -v "$PWD:/work" sspnet-sdk predict walk.mp4 --out overlay.mp4
# Profiles and compiled networks are kept in /cache: -v sspnet-cache:/cache saves measuring anew.

FROM python:3.12-slim AS wheel
COPY . /source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /source

FROM python:3.12-slim AS gpu
# The wheels bring CUDA and cuDNN; the driver is the host's.
RUN --mount=from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(echo /wheels/*.whl)[headless]" \
    && pip uninstall --yes onnxruntime \
    && pip install --no-cache-dir "onnxruntime-gpu[cuda,cudnn]"
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility,video XDG_CACHE_HOME=/cache
RUN mkdir --mode=777 /cache /work
VOLUME /cache
WORKDIR /work
ENTRYPOINT ["sspnet-sdk"]

FROM nvcr.io/nvidia/l4t-jetpack:r36.4.0 AS jetson
# The system's OpenCV has GStreamer, which the CSI camera needs; so packages are installed without their dependencies.
ARG ONNXRUNTIME_INDEX=https://pypi.jetson-ai-lab.io/jp6/cu126
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip python3-opencv && rm -rf /var/lib/apt/lists/*
RUN --mount=from=wheel,source=/wheels,target=/wheels \
    pip3 install --no-cache-dir --index-url "$ONNXRUNTIME_INDEX" onnxruntime-gpu \
    && pip3 install --no-cache-dir "numpy<2" click "av>=16.0" \
    && pip3 install --no-cache-dir --no-deps /wheels/*.whl
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=all XDG_CACHE_HOME=/cache
RUN mkdir --mode=777 /cache /work
VOLUME /cache
WORKDIR /work
ENTRYPOINT ["sspnet-sdk"]

FROM python:3.12-slim AS cpu
RUN --mount=from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(echo /wheels/*.whl)[headless,openvino]"
ENV XDG_CACHE_HOME=/cache
RUN mkdir --mode=777 /cache /work
VOLUME /cache
WORKDIR /work
ENTRYPOINT ["sspnet-sdk"]

/** DeviceChoice is which devices a call opens. What is absent, or is not there any more, is the browser's own choice. */
export interface DeviceChoice {
  /** microphone and camera are a MediaDeviceInfo.deviceId each. */
  readonly microphone?: string;
  readonly camera?: string;
  /** facing is which camera of a phone; a camera that is named goes before it. */
  readonly facing?: "user" | "environment";
  /** noiseSuppression is the browser's own; on by default. */
  readonly noiseSuppression?: boolean;
}

/** soundOf says to a browser which microphone to open, and how. */
export function soundOf({ microphone, noiseSuppression = true }: DeviceChoice): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression,
    autoGainControl: true,
    ...(microphone === undefined ? {} : { deviceId: { ideal: microphone } }),
  };
}

/** pictureOf says to a browser which camera to open, and how. */
export function pictureOf({ camera, facing }: DeviceChoice): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    ...(camera === undefined ? {} : { deviceId: { ideal: camera } }),
    ...(camera !== undefined || facing === undefined ? {} : { facingMode: { ideal: facing } }),
  };
}

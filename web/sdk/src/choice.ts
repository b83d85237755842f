/** DeviceChoice is which devices a call opens. What is absent, or is not there any more, is the browser's own choice. */
export interface DeviceChoice {
  /** microphone and camera are a MediaDeviceInfo.deviceId each. */
  readonly microphone?: string;
  readonly camera?: string;
  /** facing is which camera of a phone; a camera that is named goes before it. */
  readonly facing?: "user" | "environment";
  /** noiseSuppression is the browser's own; on by default. */
  readonly noiseSuppression?: boolean;
  /** voiceIsolation lets nothing but the voice pass, where browser and system can (W3C mediacapture-extensions). */
  readonly voiceIsolation?: boolean;
  /** backgroundBlur blurs what is behind the person, where browser and system can (W3C mediacapture-extensions). */
  readonly backgroundBlur?: boolean;
}

/** soundOf says to a browser which microphone to open, and how. */
export function soundOf({
  microphone,
  noiseSuppression = true,
  voiceIsolation,
}: DeviceChoice): MediaTrackConstraints & { voiceIsolation?: boolean } {
  return {
    echoCancellation: true,
    noiseSuppression,
    autoGainControl: true,
    ...(voiceIsolation === undefined ? {} : { voiceIsolation }),
    ...(microphone === undefined ? {} : { deviceId: { ideal: microphone } }),
  };
}

/** pictureOf says to a browser which camera to open, and how. */
export function pictureOf({
  camera,
  facing,
  backgroundBlur,
}: DeviceChoice): MediaTrackConstraints & { backgroundBlur?: boolean } {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    ...(backgroundBlur === undefined ? {} : { backgroundBlur }),
    ...(camera === undefined ? {} : { deviceId: { ideal: camera } }),
    ...(camera !== undefined || facing === undefined ? {} : { facingMode: { ideal: facing } }),
  };
}

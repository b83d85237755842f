import type { JSX } from "preact";
import { type PlainKey, t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import { DeviceText } from "../parts/devicetext.tsx";
import type { ActiveCall, Device } from "../state/activecall.ts";

const what: Readonly<Record<Device, PlainKey>> = {
  microphone: "device.microphone",
  camera: "device.camera",
  screen: "device.screen",
  both: "device.both",
};

/** DeviceProblemBanner says which device is missing, why, and what to do. The call goes on without it. */
export function DeviceProblemBanner({ active }: { active: ActiveCall }): JSX.Element | null {
  const problem = active.deviceProblem.value;
  if (problem === undefined) return null;
  return (
    <div class="banner" role="alert" data-testid="device-problem">
      <p>
        <strong>{t(what[problem.device])}</strong> <DeviceText code={problem.code} />
      </p>
      <IconButton
        icon="close"
        look="quiet"
        label={t("device.dismiss")}
        onPress={() => active.dismissDeviceProblem()}
      />
    </div>
  );
}

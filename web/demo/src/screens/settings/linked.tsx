import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Device } from "../../../../sdk/src/index.ts";
import { when } from "../../format.ts";
import { t } from "../../lang/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { QR } from "../../parts/qr.tsx";
import { Row } from "../../parts/row.tsx";
import type { Phone } from "../../state/phone.ts";

/** LinkedPage lists the devices of our account, lets more in, and puts them out. */
export function LinkedPage({ phone }: { phone: Phone }): JSX.Element {
  const { devices } = phone;
  const revoking = useSignal<Device | undefined>(undefined);
  useEffect(() => {
    void devices.load();
    return () => devices.hide();
  }, [devices]);
  const all = devices.devices.value;
  const waiting = all?.filter(({ pending }) => pending) ?? [];
  return (
    <>
      {waiting.map((device) => (
        <section key={device.device} class="card" aria-label={t("linked.waiting")} data-testid="pending">
          <p role="status">{t("linked.asks", { device: nameOf(device) })}</p>
          <div class="actions">
            <Button onPress={() => void devices.confirm(device, false)} testid="refuse-device">
              {t("linked.refuse")}
            </Button>
            <Button look="primary" onPress={() => void devices.confirm(device, true)} testid="confirm-device">
              {t("linked.letIn")}
            </Button>
          </div>
        </section>
      ))}
      <LinkCode phone={phone} />
      {all === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {all === undefined ? null : (
        <ul class="rows" data-testid="devices">
          {all
            .filter(({ pending }) => !pending)
            .map((device) => (
              <Row
                key={device.device}
                picture={
                  <span class="sign">
                    <Icon name="device" />
                  </span>
                }
                name={nameOf(device)}
                detail={t("linked.seen", { when: when(device.seenMs, Date.now()) })}
                testid="device"
              >
                <Button
                  label={t("linked.outOne", { device: nameOf(device) })}
                  onPress={() => {
                    revoking.value = device;
                  }}
                  testid="revoke-device"
                >
                  {t("signin.out")}
                </Button>
              </Row>
            ))}
        </ul>
      )}
      {revoking.value === undefined ? null : (
        <Confirm
          title={t("linked.outTitle", { device: nameOf(revoking.value) })}
          body={t("linked.outBody")}
          confirm={t("signin.out")}
          onCancel={() => {
            revoking.value = undefined;
          }}
          onConfirm={() => {
            if (revoking.value !== undefined) void devices.revoke(revoking.value);
            revoking.value = undefined;
          }}
        />
      )}
    </>
  );
}

function nameOf(device: Device): string {
  return device.name || t("linked.unnamed");
}

function LinkCode({ phone }: { phone: Phone }): JSX.Element {
  const code = phone.devices.code.value;
  if (code === undefined)
    return (
      <Card title={t("linked.new")} lead={t("linked.lead")}>
        <div class="actions">
          <Button look="primary" icon="plus" onPress={() => void phone.devices.show()} testid="show-code">
            {t("linked.show")}
          </Button>
        </div>
      </Card>
    );
  const address = new URL(`/#link/${code.code}`, location.origin).href;
  return (
    <Card title={t("linked.new")}>
      <div class="linkshow">
        <QR text={address} label={t("linked.qr")} testid="device-qr" />
        <div class="stack">
          <p>{t("linked.scan")}</p>
          <p class="devicecode" data-testid="shown-code">
            {code.code}
          </p>
          <p class="detail">{t("linked.secret")}</p>
          <div class="actions">
            <Button onPress={() => phone.devices.hide()}>{t("dialog.done")}</Button>
          </div>
        </div>
      </div>
    </Card>
  );
}

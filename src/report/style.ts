import { styleText } from 'node:util'

type Paint = (text: string) => string

/** How a renderer sets words apart; the plain one leaves them as they are. */
export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly cyan: Paint
}

const same: Paint = (text) => text

export const plainStyle: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

const paint =
  (name: keyof Style): Paint =>
  (text) =>
    styleText(name, text, { validateStream: false })

export const ansiStyle: Style = {
  bold: paint('bold'),
  dim: paint('dim'),
  red: paint('red'),
  green: paint('green'),
  yellow: paint('yellow'),
  cyan: paint('cyan'),
}

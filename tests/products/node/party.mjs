// One of three libraries in an Express application, as its documents show it, with the settings that
// `acrux client add --like` printed: node party.mjs KIND SETTINGS PORT. SETTINGS is a module that makes them.
// Each answers at /me with what it knows of the person, as JSON.
import { ExpressAuth, getSession } from '@auth/express'
import express from 'express'
import openid from 'express-openid-connect'
import session from 'express-session'
import passport from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'

const [kind, settings, port] = process.argv.slice(2)
const { default: made } = await import(settings)
const app = express()
app.set('trust proxy', 'loopback')
app.get('/.well-known/acrux-rp-check', (request, response) => response.send(process.env.RP_CHECK ?? ''))

const kinds = {
  authjs() {
    const config = {
      trustHost: true,
      secret: 'only for the tests',
      providers: [made()],
      callbacks: {
        jwt({ token, profile }) {
          return profile ? { ...token, acr: profile.acr, groups: profile.groups } : token
        },
        session({ session: found, token }) {
          return { ...found, acr: token.acr, groups: token.groups }
        },
      },
    }
    app.use('/auth', ExpressAuth(config))
    app.get('/me', async (request, response) => {
      response.json(await getSession(request, config))
    })
  },

  passport() {
    const verify = (issuer, profile, context, idToken, done) => done(null, { profile, context })
    app.use(session({ secret: 'only for the tests', resave: false, saveUninitialized: false }))
    app.use(passport.session())
    passport.serializeUser((user, done) => done(null, user))
    passport.deserializeUser((user, done) => done(null, user))
    passport.use(made(OpenIDConnectStrategy, verify))
    app.get('/login', passport.authenticate('openidconnect'))
    app.get('/oauth2/redirect', passport.authenticate('openidconnect'), (request, response) => {
      response.redirect('/me')
    })
    app.get('/me', (request, response) => response.json(request.user ?? null))
  },

  'express-openid-connect'() {
    app.use(made(openid.auth))
    app.get('/me', openid.requiresAuth(), (request, response) => {
      response.json(request.oidc.idTokenClaims)
    })
  },
}

kinds[kind]()
app.use((error, request, response, next) => {
  response.status(error.status ?? 500).json({ error: error.error ?? error.message })
})
app.listen(Number(port), 'localhost')
